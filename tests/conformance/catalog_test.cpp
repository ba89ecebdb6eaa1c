// The migrated schema obeys the rules of tenancy on both engines, and the check itself sees every way of breaking them.
#include "conformance/catalog.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

namespace agentic::db::conformance {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;

class PostgresCatalog : public testing::Test {
public:
    static void SetUpTestSuite() {
        if (!test::postgres_url().empty()) server_ = std::make_unique<test::TestPostgres>();
    }
    static void TearDownTestSuite() { server_.reset(); }
    void SetUp() override { AGENTIC_NEEDS_POSTGRES(); }
    static inline std::unique_ptr<test::TestPostgres> server_;
};

TEST_F(PostgresCatalog, IsSound) {
    auto raw = server_->raw();
    EXPECT_THAT(postgres_violations(raw), IsEmpty());
}

/// Each mutant breaks the schema inside a transaction; the check must say so.
TEST_F(PostgresCatalog, EveryMutantIsCaught) {
    const std::pair<const char*, const char*> mutants[] = {
        {"ALTER TABLE agents DISABLE ROW LEVEL SECURITY", "agents has no row-level security"},
        {"ALTER TABLE agents NO FORCE ROW LEVEL SECURITY", "agents does not FORCE"},
        {"DROP POLICY tenant_fence ON messages", "messages has no tenant_fence"},
        {"DROP POLICY tenant_fence ON messages; CREATE POLICY tenant_fence ON messages USING (true) WITH CHECK (true)", "messages has no tenant_fence"},
        {"DROP POLICY tenant_fence ON messages; CREATE POLICY tenant_fence ON messages FOR SELECT USING (current_setting('agentic.tenant_id') = '')",
         "messages has no tenant_fence"},
        {"ALTER POLICY tenant_fence ON messages USING (tenant_id = (SELECT NULLIF(current_setting('agentic.tenant_id', true), '')::uuid) OR true) "
         "WITH CHECK (tenant_id = (SELECT NULLIF(current_setting('agentic.tenant_id', true), '')::uuid) OR true)",
         "messages has no tenant_fence"},
        {"CREATE POLICY wide ON users USING (true)", "users has a second permissive policy"},
        {"CREATE TABLE fresh (tenant_id UUID)", "fresh has no row-level security"},
        {"CREATE TABLE fresh (tenant_id UUID)", "fresh lets its tenant be NULL"},
        {"DROP TRIGGER tenant_fixed ON users", "users lets a row change its tenant"},
        {"ALTER TABLE agents OWNER TO agentic_app", "agents is owned by the application role"},
        {"GRANT TRUNCATE ON users TO agentic_app", "users can be truncated"},
        {"ALTER TABLE sessions ADD CONSTRAINT plain FOREIGN KEY (user_id) REFERENCES users (id)", "plain is a foreign key between"},
        {"CREATE UNIQUE INDEX oracle ON users (email_normalised)", "oracle is unique over all tenants"},
        {"CREATE VIEW leak AS SELECT * FROM agents", "leak is a view with its owner's rights"},
        {"CREATE MATERIALIZED VIEW copy AS SELECT * FROM agents", "copy is a materialised view"},
        {"CREATE FUNCTION leak() RETURNS bigint LANGUAGE sql SECURITY DEFINER AS 'SELECT count(*) FROM agents'", "leak is a function with its owner's rights"},
        {"ALTER ROLE agentic_app BYPASSRLS", "agentic_app has rights that bypass the fence"},
    };
    for (const auto& [mutation, says] : mutants) {
        auto raw = server_->raw();
        raw.run(std::string("BEGIN; ") + mutation);
        EXPECT_THAT(postgres_violations(raw), Contains(HasSubstr(says))) << mutation;
        raw.run("ROLLBACK");
    }
}

TEST(SqliteCatalog, IsSound) {
    test::TestDatabase database;
    EXPECT_THAT(sqlite_violations(database.path()), IsEmpty());
}

TEST(SqliteCatalog, EveryMutantIsCaught) {
    const std::pair<const char*, const char*> mutants[] = {
        {"CREATE TABLE fresh (tenant_id TEXT)", "fresh lets its tenant be NULL"},
        {"DROP TRIGGER tenant_fixed_agents", "agents lets a row change its tenant"},
        {"CREATE TABLE fresh (tenant_id TEXT NOT NULL, user_id TEXT REFERENCES users (id))", "fresh.0 has a foreign key"},
        {"CREATE UNIQUE INDEX oracle ON users (email_normalised)", "oracle is unique over all tenants"},
    };
    for (const auto& [mutation, says] : mutants) {
        test::TestDatabase database;
        database.close();
        sqlite3* handle = nullptr;
        ASSERT_EQ(sqlite3_open(database.path().c_str(), &handle), SQLITE_OK);
        EXPECT_EQ(sqlite3_exec(handle, mutation, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(handle);
        sqlite3_close(handle);
        EXPECT_THAT(sqlite_violations(database.path()), Contains(HasSubstr(says))) << mutation;
    }
}

}  // namespace
}  // namespace agentic::db::conformance
