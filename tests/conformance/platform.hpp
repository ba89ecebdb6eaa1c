#pragma once
// Suites over the platform's own tables, on every engine: derive from Platform, instantiate with AGENTIC_CONFORMANCE, take `self.db()`.
#include <memory>
#include <optional>

#include "conformance/harness.hpp"
#include "support/fake_clock.hpp"

namespace agentic::db::conformance {

class Platform : public testing::TestWithParam<Backend> {
public:
    test::FakeClock clock;

    void SetUp() override {
        if (!is_postgres()) {
            sqlite::Options options;
            options.inline_reads = GetParam() == Backend::sqlite_inline;
            sqlite_.emplace(embedded_migrations(), options);
            return;
        }
        AGENTIC_NEEDS_POSTGRES();
        if (postgres_ == nullptr) postgres_ = std::make_unique<test::TestPostgres>();
        postgres_->raw().run("TRUNCATE tenants, installation, platform_admins CASCADE");
    }
    static void TearDownTestSuite() { postgres_.reset(); }

    Executor& db() { return is_postgres() ? static_cast<Executor&>(**postgres_) : static_cast<Executor&>(**sqlite_); }
    bool is_postgres() const { return GetParam() == Backend::postgres; }

private:
    std::optional<test::TestDatabase> sqlite_;
    static inline std::unique_ptr<test::TestPostgres> postgres_;  // one for the suite: making a database takes a second
};

/// The code of a failure, or ErrorCode{} when there was none (which no test expects).
ErrorCode code_of(const auto& result) { return result ? ErrorCode{} : result.error().code; }

}  // namespace agentic::db::conformance
