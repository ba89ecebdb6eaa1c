#pragma once
#include <memory>
#include <span>
#include <stdexcept>

#include "db/migrate.hpp"
#include "db/sqlite/database.hpp"
#include "db/sqlite/migrations.hpp"
#include "support/fake_clock.hpp"
#include "support/temp_dir.hpp"

namespace agentic::test {

template <class T>
T value_or_throw(Result<T> result) {
    if (!result) throw std::runtime_error(result.error().public_message + " [" + result.error().internal_context + "]");
    if constexpr (!std::is_void_v<T>) return *std::move(result);
}

/// A fresh SQLite database in a directory of its own, with the platform's migrations (or the test's own) applied.
class TestDatabase {
public:
    explicit TestDatabase(std::span<const db::Migration> migrations = db::embedded_migrations(), db::sqlite::Options options = {}) : options_(std::move(options)) {
        options_.path = directory_ / "test.db";
        {
            auto session = value_or_throw(db::sqlite::open_migrations(options_));
            value_or_throw(db::migrate_up(*session, migrations, FakeClock()));
        }
        open();
    }

    db::sqlite::Database& operator*() { return *database_; }
    db::sqlite::Database* operator->() { return database_.get(); }
    const std::filesystem::path& path() const { return options_.path; }
    const db::sqlite::Options& options() const { return options_; }

    /// Closes and opens again, as a restart of the server does.
    void reopen() {
        close();
        open();
    }
    void close() { database_.reset(); }
    void open() { database_ = value_or_throw(db::sqlite::Database::open(options_)); }

private:
    TempDir directory_;
    db::sqlite::Options options_;
    std::unique_ptr<db::sqlite::Database> database_;
};

}  // namespace agentic::test
