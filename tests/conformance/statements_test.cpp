// Every named block of db/sql, on both engines: it prepares against the migrated schema, is tied to a tenant, and leaves deleted rows alone.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>

#include "conformance/harness.hpp"
#include "db/sql.hpp"
#include "db/sql_tokens.hpp"
#include "db/tenant_fence.hpp"
#include "support/database.hpp"

namespace agentic::db::conformance {
namespace {

constexpr const char* kTenantTables =
    "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'tenant_id'";
constexpr const char* kSoftDeleteTables =
    "SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'deleted_at'";

std::set<std::string> parameters(std::string_view sql) {
    std::set<std::string> out;
    for (const auto& token : sql_tokens(sql)) {
        if (token.kind == SqlToken::Kind::parameter) out.insert(token.text);
    }
    return out;
}

/// Soft-delete tables that a statement reads or changes, and how often it asks for `deleted_at IS NULL` (or, to restore, IS NOT NULL).
int unfiltered_deleted(std::string_view sql, const std::set<std::string>& tables) {
    const auto tokens = sql_tokens(sql);
    int sources = 0;
    int filters = 0;
    for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
        const bool introduces = tokens[i].is("from") || tokens[i].is("join") || tokens[i].is("update");
        if (introduces && tables.contains(tokens[i + 1].text)) ++sources;
        if (tokens[i].text == "deleted_at" && tokens[i + 1].is("is")) ++filters;
    }
    return sources - filters;
}

class StatementsSuite : public testing::Test {
public:
    static void SetUpTestSuite() {
        if (!test::postgres_url().empty()) server_ = std::make_unique<test::TestPostgres>();
    }
    static void TearDownTestSuite() { server_.reset(); }
    void SetUp() override { AGENTIC_NEEDS_POSTGRES(); }

    static std::set<std::string> names(const char* sql) {
        std::set<std::string> out;
        for (const auto& row : server_->raw().run(sql)) out.insert(row[0]);
        return out;
    }
    static TenantTables tenant_tables() {
        TenantTables out{{std::string(kTenantsTable), "id"}};
        for (const auto& name : names(kTenantTables)) out.emplace(name, "tenant_id");
        return out;
    }
    static inline std::unique_ptr<test::TestPostgres> server_;
};

TEST(Statements, PrepareOnSqliteBehindTheFence) {
    test::TestDatabase database;
    for (const Statement* statement : sql::all()) EXPECT_NO_THROW(database->check(*statement)) << statement->name;
}

TEST_F(StatementsSuite, PrepareOnPostgresAsTheApplicationRole) {
    auto raw = server_->raw();
    raw.run(std::string("SET ROLE ") + postgres::kAppRole);
    for (const Statement* statement : sql::all()) {
        EXPECT_NO_THROW(raw.run("PREPARE p AS " + std::string(statement->postgres)); raw.run("DEALLOCATE p")) << statement->name;
    }
}

TEST_F(StatementsSuite, BothTextsTakeTheSameParameters) {
    for (const Statement* statement : sql::all()) {
        const auto numbers = parameters(statement->sqlite);
        EXPECT_EQ(numbers, parameters(statement->postgres)) << statement->name;
        for (std::size_t n = 1; n <= numbers.size(); ++n) EXPECT_TRUE(numbers.contains(std::to_string(n))) << statement->name << " skips $" << n;
    }
}

TEST_F(StatementsSuite, EveryTextIsTiedToATenant) {
    const auto tables = tenant_tables();
    ASSERT_GT(tables.size(), 5u);
    int scoped = 0;
    for (const Statement* statement : sql::all()) {
        if (statement->cross_tenant) continue;
        for (const auto text : {statement->sqlite, statement->postgres}) EXPECT_NO_THROW(scoped += !require_tenant_clauses(statement->name, text, tables).tables.empty());
    }
    EXPECT_GT(scoped, 0);
}

/// Take the tenant clauses out of any statement and it is refused.
TEST_F(StatementsSuite, NoStatementDoesWithoutItsTenantClauses) {
    static constexpr std::string_view kClause = "tenant_id = $";
    const auto tables = tenant_tables();
    int mutants = 0;
    for (const Statement* statement : sql::all()) {
        if (statement->cross_tenant || !statement->sqlite.contains(kClause)) continue;
        std::string mutant(statement->sqlite);
        for (auto at = mutant.find(kClause); at != std::string::npos; at = mutant.find(kClause)) mutant.replace(at, kClause.size(), "id = $");
        EXPECT_THROW(require_tenant_clauses(statement->name, mutant, tables), std::logic_error) << mutant;
        ++mutants;
    }
    EXPECT_GT(mutants, 20);
}

TEST_F(StatementsSuite, DeletedRowsStayOut) {
    const auto tables = names(kSoftDeleteTables);
    ASSERT_TRUE(tables.contains("agents"));
    for (const Statement* statement : sql::all()) {
        if (statement->with_deleted) continue;
        for (const auto text : {statement->sqlite, statement->postgres}) {
            EXPECT_LE(unfiltered_deleted(text, tables), 0) << statement->name << " reads a soft-delete table without deleted_at IS NULL; filter, or tag it @with_deleted(reason)";
        }
    }
}

std::string query_plan(const std::filesystem::path& path, const Statement& statement) {
    sqlite3* database = nullptr;
    sqlite3_stmt* plan = nullptr;
    std::string out;
    sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READONLY, nullptr);
    const auto text = "EXPLAIN QUERY PLAN " + std::string(statement.sqlite);
    EXPECT_EQ(sqlite3_prepare_v2(database, text.c_str(), -1, &plan, nullptr), SQLITE_OK) << statement.name;
    while (plan != nullptr && sqlite3_step(plan) == SQLITE_ROW) out += std::string(reinterpret_cast<const char*>(sqlite3_column_text(plan, 3))) + "; ";
    sqlite3_finalize(plan);
    sqlite3_close(database);
    return out;
}

/// Runs on I/O threads, so it may never walk a table.
TEST(Statements, ByKeyStatementsSearchAnIndex) {
    test::TestDatabase database;
    int searched = 0;
    for (const Statement* statement : sql::all()) {
        if (!statement->by_key) continue;
        EXPECT_FALSE(statement->writes) << statement->name;
        const auto plan = query_plan(database.path(), *statement);
        EXPECT_TRUE(plan.contains("SEARCH")) << statement->name << ": " << plan;
        EXPECT_FALSE(plan.contains("SCAN")) << statement->name << ": " << plan;
        ++searched;
    }
    EXPECT_GT(searched, 5);
    EXPECT_TRUE(query_plan(database.path(), sql::agent_list_sorted).contains("TEMP B-TREE"));  // the plan is read, not made up
}

TEST(SoftDeleteCheck, SeesAMissingFilter) {
    EXPECT_EQ(unfiltered_deleted("SELECT 1 FROM agents a JOIN users u ON u.id = a.x WHERE a.deleted_at IS NULL", {"agents", "users"}), 1);
    EXPECT_EQ(unfiltered_deleted("UPDATE agents SET deleted_at = $1 WHERE id = $2", {"agents"}), 1);
    EXPECT_EQ(unfiltered_deleted("UPDATE agents SET deleted_at = $1 WHERE id = $2 AND deleted_at IS NULL", {"agents"}), 0);
}

}  // namespace
}  // namespace agentic::db::conformance
