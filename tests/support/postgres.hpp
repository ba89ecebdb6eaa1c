#pragma once
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "db/postgres/database.hpp"
#include "db/postgres/migrations.hpp"
#include "support/database.hpp"

namespace agentic::test {

/// A superuser's URL of the server that scripts/test_postgres.sh started; empty without one.
inline std::string postgres_url() {
    const char* const url = std::getenv("AGENTIC_TEST_POSTGRES_URL");
    return url == nullptr ? "" : url;
}
inline bool postgres_is_required() {
    const char* const flag = std::getenv("AGENTIC_TEST_POSTGRES_REQUIRED");
    return flag != nullptr && std::string_view(flag) == "1";
}

/// First line of a test that needs PostgreSQL: skips without a server, or fails where CI requires one.
#define AGENTIC_NEEDS_POSTGRES()                                                                                        \
    if (::agentic::test::postgres_url().empty()) {                                                                      \
        if (::agentic::test::postgres_is_required()) FAIL() << "AGENTIC_TEST_POSTGRES_URL is not set";                  \
        GTEST_SKIP() << "needs PostgreSQL: run it under scripts/test_postgres.sh";                                      \
    }

/// A plain blocking connection, for looking behind the driver's back.
class RawPostgres {
public:
    explicit RawPostgres(const std::string& url) : handle_(PQconnectdb(url.c_str()), PQfinish) {
        if (PQstatus(handle_.get()) != CONNECTION_OK) throw std::runtime_error(PQerrorMessage(handle_.get()));
        PQsetNoticeReceiver(handle_.get(), [](void*, const PGresult*) {}, nullptr);
    }

    /// Rows as text, NULL as "". Throws what the server says.
    std::vector<std::vector<std::string>> run(const std::string& sql) {
        const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(handle_.get(), sql.c_str()), PQclear);
        const auto status = PQresultStatus(result.get());
        if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) throw std::runtime_error(PQresultErrorMessage(result.get()));
        std::vector<std::vector<std::string>> rows(static_cast<std::size_t>(PQntuples(result.get())));
        for (std::size_t i = 0; i < rows.size(); ++i) {
            for (int c = 0; c < PQnfields(result.get()); ++c) rows[i].emplace_back(PQgetvalue(result.get(), static_cast<int>(i), c));
        }
        return rows;
    }

private:
    std::unique_ptr<PGconn, decltype(&PQfinish)> handle_;
};

/// A fresh database on the test server with the platform's migrations (or the test's own) applied; dropped at the end.
class TestPostgres {
public:
    explicit TestPostgres(std::span<const db::Migration> migrations = db::embedded_migrations(), db::postgres::Options options = {}) : options_(std::move(options)) {
        static std::atomic<int> number{0};
        name_ = "agentic_test_" + std::to_string(::getpid()) + "_" + std::to_string(++number);
        RawPostgres(postgres_url()).run("CREATE DATABASE " + name_);
        options_.url = url();
        options_.linger = std::chrono::milliseconds(500);  // a loop runs until the last of them is closed
        {
            auto session = value_or_throw(db::postgres::open_migrations(url()));
            value_or_throw(db::migrate_up(*session, migrations, FakeClock()));
        }
        database_ = std::make_unique<db::postgres::Database>(options_);
    }
    ~TestPostgres() {
        database_.reset();
        try {
            RawPostgres(postgres_url()).run("DROP DATABASE " + name_ + " WITH (FORCE)");
        } catch (const std::exception&) {  // the server is thrown away with it
        }
    }
    TestPostgres(const TestPostgres&) = delete;
    TestPostgres& operator=(const TestPostgres&) = delete;

    db::postgres::Database& operator*() { return *database_; }
    db::postgres::Database* operator->() { return database_.get(); }
    const std::string& name() const { return name_; }
    std::string url() const {
        auto out = postgres_url();
        return out.replace(out.find("/postgres?") + 1, 8, name_);
    }
    RawPostgres raw() const { return RawPostgres(url()); }

private:
    std::string name_;
    db::postgres::Options options_;
    std::unique_ptr<db::postgres::Database> database_;
};

}  // namespace agentic::test
