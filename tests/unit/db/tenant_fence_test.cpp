#include "db/tenant_fence.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace agentic::db {
namespace {

const TenantTables kTables{{"agents", "tenant_id"}, {"messages", "tenant_id"}, {"tenants", "id"}};

struct Case {
    std::string name;
    std::string sql;
};
void PrintTo(const Case& value, std::ostream* out) { *out << value.name; }
auto case_name = [](const auto& info) { return info.param.name; };

class TenantFenceAccepts : public testing::TestWithParam<Case> {};
TEST_P(TenantFenceAccepts, Statement) { EXPECT_NO_THROW(require_tenant_clauses("s", GetParam().sql, kTables)) << GetParam().sql; }

class TenantFenceRefuses : public testing::TestWithParam<Case> {};
TEST_P(TenantFenceRefuses, Statement) { EXPECT_THROW(require_tenant_clauses("s", GetParam().sql, kTables), std::logic_error) << GetParam().sql; }

const Case kGood[] = {
    {"Plain", "SELECT id FROM agents WHERE tenant_id = $1 AND id = $2"},
    {"Reversed", "SELECT id FROM agents a WHERE $1 = a.tenant_id"},
    {"Cast", "SELECT id FROM agents WHERE tenant_id = CAST($1 AS UUID)"},
    {"OrInItsOwnParentheses", "SELECT id FROM agents WHERE tenant_id = $1 AND (name = $2 OR slug = $2)"},
    {"Between", "SELECT id FROM agents WHERE created_at BETWEEN $2 AND $3 AND tenant_id = $1"},
    {"NullableFilter", "SELECT id FROM agents WHERE tenant_id = $1 AND (CAST($2 AS TEXT) IS NULL OR name = $2)"},
    {"CaseExpression", "SELECT CASE WHEN a = 1 AND b = 2 THEN 1 ELSE 2 END FROM agents WHERE tenant_id = $1"},
    {"InnerJoin", "SELECT 1 FROM agents a JOIN messages m ON m.tenant_id = a.tenant_id AND m.agent_id = a.id WHERE a.tenant_id = $1"},
    {"LeftJoin", "SELECT 1 FROM agents a LEFT JOIN messages m ON m.tenant_id = a.tenant_id WHERE a.tenant_id = $1"},
    {"LeftJoinByParameter", "SELECT 1 FROM agents a LEFT JOIN messages m ON m.tenant_id = $1 WHERE a.tenant_id = $1"},
    {"CommaJoin", "SELECT 1 FROM agents a, messages m WHERE a.tenant_id = $1 AND a.tenant_id = m.tenant_id"},
    {"CorrelatedSubquery", "SELECT (SELECT count(*) FROM messages m WHERE m.tenant_id = a.tenant_id) FROM agents a WHERE a.tenant_id = $1"},
    {"Exists", "SELECT 1 WHERE EXISTS (SELECT 1 FROM agents WHERE tenant_id = $1)"},
    {"Cte", "WITH x AS (SELECT id FROM agents WHERE tenant_id = $1) SELECT id FROM x"},
    {"Union", "SELECT id FROM agents WHERE tenant_id = $1 UNION ALL SELECT id FROM messages WHERE tenant_id = $1"},
    {"JsonEach", "SELECT value FROM agents a, json_each(a.tags) t WHERE a.tenant_id = $1"},
    {"TenantsItself", "SELECT name FROM tenants WHERE id = $1"},
    {"TenantsJoined", "SELECT 1 FROM agents a JOIN tenants t ON t.id = a.tenant_id WHERE a.tenant_id = $1"},
    {"Update", "UPDATE agents SET name = $3 WHERE tenant_id = $1 AND id = $2 RETURNING id"},
    {"UpdateFrom", "UPDATE agents SET name = m.text FROM messages m WHERE agents.tenant_id = $1 AND m.tenant_id = agents.tenant_id"},
    {"UpdateWithDistinctFrom", "UPDATE agents SET name = $2 WHERE tenant_id = $1 AND name IS DISTINCT FROM $2"},
    {"Delete", "DELETE FROM agents WHERE tenant_id = $1 AND id = $2"},
    {"InsertValues", "INSERT INTO agents (id, tenant_id, name) VALUES ($1, $2, $3), ($4, $2, $5)"},
    {"InsertSelectParameter", "INSERT INTO agents (id, tenant_id) SELECT $1, $2 WHERE EXISTS (SELECT 1 FROM tenants WHERE id = $2)"},
    {"InsertSelectFromTable", "INSERT INTO messages (tenant_id, text) SELECT a.tenant_id, a.name FROM agents a WHERE a.tenant_id = $1"},
    {"UpsertOnTenantKey", "INSERT INTO agents (tenant_id, slug) VALUES ($1, $2) ON CONFLICT (tenant_id, slug) DO UPDATE SET name = excluded.slug RETURNING id"},
    {"UpsertGuarded", "INSERT INTO agents (tenant_id, id) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET name = $3 WHERE agents.tenant_id = $1"},
    {"UpsertNothing", "INSERT INTO agents (tenant_id, id) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING"},
    {"OtherTable", "SELECT version FROM settings"},
    {"StringNamedLikeIt", "SELECT 'agents' FROM settings WHERE a = '; DROP'"},
    {"ForUpdate", "SELECT id FROM agents WHERE tenant_id = $1 ORDER BY id LIMIT 1 FOR UPDATE"},
};
INSTANTIATE_TEST_SUITE_P(All, TenantFenceAccepts, testing::ValuesIn(kGood), case_name);

const Case kBad[] = {
    {"NoWhere", "SELECT id FROM agents"},
    {"ByIdOnly", "SELECT id FROM agents WHERE id = $1"},
    {"Or", "SELECT id FROM agents WHERE tenant_id = $1 OR is_public = 1"},
    {"OrInside", "SELECT id FROM agents WHERE (tenant_id = $1 OR is_public = 1) AND id = $2"},
    {"Not", "SELECT id FROM agents WHERE NOT tenant_id = $1"},
    {"NotEqual", "SELECT id FROM agents WHERE tenant_id <> $1"},
    {"Literal", "SELECT id FROM agents WHERE tenant_id = 'a'"},
    {"Itself", "SELECT id FROM agents WHERE tenant_id = tenant_id"},
    {"InsideBetween", "SELECT id FROM agents WHERE name BETWEEN $2 AND tenant_id = $1"},
    {"ComparedTwice", "SELECT id FROM agents WHERE tenant_id = $1 = 0"},
    {"InCase", "SELECT id FROM agents WHERE CASE WHEN 1 AND tenant_id = $1 THEN 1 ELSE 1 END"},
    {"InSelectList", "SELECT tenant_id = $1 FROM agents"},
    {"InComment", "SELECT id FROM agents -- WHERE tenant_id = $1\n"},
    {"InString", "SELECT id FROM agents WHERE name = 'tenant_id = $1'"},
    {"Quoted", "SELECT id FROM \"agents\""},
    {"UpperCase", "SELECT id FROM AGENTS"},
    {"SchemaQualified", "SELECT id FROM main.agents"},
    {"SecondTable", "SELECT 1 FROM agents a JOIN messages m ON m.agent_id = a.id WHERE a.tenant_id = $1"},
    {"AmbiguousColumn", "SELECT 1 FROM agents a JOIN settings s ON s.id = a.id WHERE tenant_id = $1"},
    {"LeftJoinOnDoesNotFilterLeft", "SELECT 1 FROM agents a LEFT JOIN messages m ON a.tenant_id = $1 AND m.tenant_id = $1"},
    {"RightJoin", "SELECT 1 FROM agents a RIGHT JOIN messages m ON m.tenant_id = $1 WHERE a.tenant_id = $1"},
    {"NaturalJoin", "SELECT 1 FROM agents a NATURAL JOIN messages m WHERE a.tenant_id = $1"},
    {"Subquery", "SELECT (SELECT count(*) FROM messages) FROM agents WHERE tenant_id = $1"},
    {"SubqueryConstrainsOuter", "SELECT id FROM agents a WHERE EXISTS (SELECT 1 FROM settings s WHERE a.tenant_id = $1)"},
    {"FromSubquery", "SELECT x FROM (SELECT id AS x FROM agents) q"},
    {"Cte", "WITH x AS (SELECT id FROM agents) SELECT id FROM x"},
    {"CteHidesTable", "WITH agents AS (SELECT id FROM agents WHERE tenant_id = $1) SELECT id FROM agents"},
    {"UnionSecondHalf", "SELECT id FROM agents WHERE tenant_id = $1 UNION SELECT id FROM messages"},
    {"InSubquery", "SELECT 1 FROM settings WHERE id IN (SELECT id FROM agents)"},
    {"Update", "UPDATE agents SET name = $2 WHERE id = $1"},
    {"UpdateTenant", "UPDATE agents SET tenant_id = $2 WHERE tenant_id = $1"},
    {"UpdateTenantInTuple", "UPDATE agents SET (name, tenant_id) = ($2, $3) WHERE tenant_id = $1"},
    {"Delete", "DELETE FROM agents WHERE id = $1"},
    {"InsertWithoutTenant", "INSERT INTO agents (id, name) VALUES ($1, $2)"},
    {"InsertWithoutColumns", "INSERT INTO agents VALUES ($1, $2)"},
    {"InsertLiteralTenant", "INSERT INTO agents (id, tenant_id) VALUES ($1, 'x')"},
    {"InsertSecondRow", "INSERT INTO agents (id, tenant_id) VALUES ($1, $2), ($3, 'x')"},
    {"InsertSelectUnbound", "INSERT INTO messages (tenant_id, text) SELECT a.tenant_id, a.name FROM agents a"},
    {"InsertOrReplace", "INSERT OR REPLACE INTO agents (id, tenant_id) VALUES ($1, $2)"},
    {"UpsertOnGlobalKey", "INSERT INTO agents (tenant_id, id) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET name = $3"},
    {"UpsertMovesTenant", "INSERT INTO agents (tenant_id, id) VALUES ($1, $2) ON CONFLICT (tenant_id, id) DO UPDATE SET tenant_id = excluded.tenant_id"},
    {"TenantsBySlug", "SELECT id FROM tenants WHERE slug = $1"},
    {"TwoStatements", "SELECT id FROM agents WHERE tenant_id = $1; DELETE FROM settings"},
    {"DoubleColonCast", "SELECT id FROM agents WHERE tenant_id = $1::uuid"},
    {"BracketQuotes", "SELECT id FROM [agents]"},
    {"Pragma", "PRAGMA table_info(agents)"},
};
INSTANTIATE_TEST_SUITE_P(All, TenantFenceRefuses, testing::ValuesIn(kBad), case_name);

TEST(TenantFence, ReportsEveryTenantParameterOnce) {
    const auto clauses = require_tenant_clauses("s", "SELECT 1 FROM agents a JOIN messages m ON m.tenant_id = $3 WHERE a.tenant_id = $1 AND a.id IN (SELECT id FROM tenants WHERE id = $3)", kTables);
    EXPECT_EQ(clauses.parameters, (std::vector<int>{1, 3}));
    EXPECT_EQ(clauses.tables, (std::set<std::string>{"agents", "messages", "tenants"}));
}

TEST(TenantFence, NamesStatementAndTable) {
    try {
        require_tenant_clauses("agent_by_id", "SELECT id FROM agents WHERE id = $1", kTables);
        ADD_FAILURE() << "accepted";
    } catch (const std::logic_error& refused) {
        EXPECT_NE(std::string(refused.what()).find("agent_by_id does not tie agents"), std::string::npos) << refused.what();
    }
}

}  // namespace
}  // namespace agentic::db
