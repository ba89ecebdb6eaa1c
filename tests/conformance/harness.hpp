#pragma once
// One behaviour, every engine: a suite derives from Conformance and is instantiated by AGENTIC_CONFORMANCE(Suite). Its tests take `self.db()`.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "support/co_test.hpp"
#include "support/database.hpp"
#include "support/postgres.hpp"

namespace agentic::db::conformance {

enum class Backend { sqlite, sqlite_inline, postgres };
inline std::string name_of(Backend backend) {
    const char* const names[] = {"Sqlite", "SqliteInline", "Postgres"};
    return names[static_cast<std::size_t>(backend)];
}
inline void PrintTo(Backend backend, std::ostream* out) { *out << name_of(backend); }

/// The tables the suites work on: tenants' notes and links between them.
std::span<const Migration> notes_migrations();

class Conformance : public testing::TestWithParam<Backend> {
public:
    void SetUp() override {
        if (is_postgres()) AGENTIC_NEEDS_POSTGRES();
        if (is_postgres()) {
            if (postgres_ == nullptr) postgres_ = make_server();
            postgres_->raw().run("TRUNCATE notes, links");
        } else {
            sqlite::Options options;
            options.inline_reads = GetParam() == Backend::sqlite_inline;
            options.reader_threads = 2;
            options.statement_timeout = std::chrono::milliseconds(2'000);
            sqlite_.emplace(notes_migrations(), options);
        }
    }
    static void TearDownTestSuite() { postgres_.reset(); }

    Executor& db() { return is_postgres() ? static_cast<Executor&>(**postgres_) : static_cast<Executor&>(**sqlite_); }
    bool is_postgres() const { return GetParam() == Backend::postgres; }
    test::TestPostgres& server() { return *postgres_; }

private:
    static std::unique_ptr<test::TestPostgres> make_server() {
        postgres::Options options;
        options.pool_size = 4;
        options.max_overflow = 2;
        options.statement_timeout = std::chrono::milliseconds(2'000);
        return std::make_unique<test::TestPostgres>(notes_migrations(), options);
    }

    std::optional<test::TestDatabase> sqlite_;
    static inline std::unique_ptr<test::TestPostgres> postgres_;  // one for the suite: making a database takes a second
};

#define AGENTIC_CONFORMANCE(suite)                                                                                                     \
    INSTANTIATE_TEST_SUITE_P(On, suite, testing::Values(Backend::sqlite, Backend::sqlite_inline, Backend::postgres),                   \
                             [](const auto& backend) { return name_of(backend.param); })

inline const Uuid kA = *Uuid::parse("0191b2a4-7c3d-7e11-8f00-00000000000a");
inline const Uuid kB = *Uuid::parse("0191b2a4-7c3d-7e11-8f00-00000000000b");
inline Uuid id_of(int number) {
    Uuid::Bytes bytes{};
    for (std::size_t i = 0; i < 4; ++i) bytes[15 - i] = static_cast<std::uint8_t>(number >> (8 * i));
    return Uuid(bytes);
}
inline Scope scope(const Uuid& tenant) { return TenantScope::system(tenant, "test"); }
inline Scope everyone() { return SystemScope::because("test"); }

template <class T>
ErrorCode error_of(const Result<T>& result) {
    if (result) ADD_FAILURE() << "succeeded";
    return result ? ErrorCode::internal_error : result.error().code;
}
template <class T>
std::string context_of(const Result<T>& result) {
    return result ? "succeeded" : result.error().internal_context;
}

/// Runs `work(i)` for i in [0, per_thread) on each of `threads` I/O threads, all at once. Exceptions fail the test.
void run_on_threads(int threads, int per_thread, std::function<Awaitable<void>(int)> work);

// Statements over notes_migrations().
extern const Statement kInsert;      // ($1 tenant, $2 id, $3 text, $4 number)
extern const Statement kUpsert;      // the same, returns the number stored
extern const Statement kList;        // ($1 tenant) -> id, text, number; by id
extern const Statement kCount;       // ($1 tenant) -> n
extern const Statement kAdd;         // ($1 tenant, $2 id, $3 amount): number += amount
extern const Statement kDelete;      // ($1 tenant, $2 id)
extern const Statement kLink;        // ($1 tenant, $2 note)
extern const Statement kCountAll;    // @cross_tenant -> n
extern const Statement kMoveAll;     // @cross_tenant ($1 tenant): moves every note there
extern const Statement kKinds;       // ($1 text, $2 integer, $3 real, $4 boolean) -> the same
extern const Statement kBytes;       // ($1 bytes) -> the same
extern const Statement kSlow;        // runs for seconds

}  // namespace agentic::db::conformance
