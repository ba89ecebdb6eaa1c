// What stands behind a forgotten tenant clause, on each engine: SQLite refuses to prepare the statement, PostgreSQL's row-level security hides the
// rows. And the holes that row-level security is known to have: foreign keys, unique rules, views, the session's settings, the owner.
#include "conformance/harness.hpp"

namespace agentic::db::conformance {
namespace {

Statement both(std::string_view name, std::string_view sql, bool writes) { return {.name = name, .sqlite = sql, .postgres = sql, .writes = writes}; }

const Statement kForgotList = both("forgot_list", "SELECT id, text FROM notes WHERE id = $1", false);
const Statement kForgotUpdate = both("forgot_update", "UPDATE notes SET number = 99 WHERE id = $1", true);
const Statement kForgotDelete = both("forgot_delete", "DELETE FROM notes WHERE id = $1", true);
const Statement kForgotJoin = both("forgot_join", "SELECT n.text FROM links l JOIN notes n ON n.id = l.note_id WHERE l.tenant_id = $1", false);
const Statement kSettings = {
    .name = "settings",
    .sqlite = "SELECT '' AS tenant, '' AS scope",
    .postgres = "SELECT coalesce(current_setting('agentic.tenant_id', true), '') AS tenant, coalesce(current_setting('agentic.scope', true), '') AS scope"};
const Statement kWho = {.name = "who", .sqlite = "SELECT 'agentic_app' AS name", .postgres = "SELECT CAST(current_user AS TEXT) AS name"};

class IsolationSuite : public Conformance {
public:
    Task<std::vector<Rows>> two_tenants() {
        AGENTIC_CO_CHECK(co_await db().query(scope(kA), kInsert, {kA, id_of(1), "of A", 1}));
        AGENTIC_CO_CHECK(co_await db().query(scope(kB), kInsert, {kB, id_of(2), "of B", 1}));
        co_return std::vector<Rows>();
    }
};
AGENTIC_CONFORMANCE(IsolationSuite);

AGENTIC_CO_TEST_P(IsolationSuite, ForgottenClauseShowsNoForeignRow) {
    co_await self.two_tenants();
    for (const Statement* statement : {&kForgotList, &kForgotUpdate, &kForgotDelete}) {
        if (!self.is_postgres()) {
            EXPECT_THROW(co_await self.db().query(scope(kA), *statement, {id_of(2)}), std::logic_error) << statement->name;
            continue;
        }
        const auto rows = co_await self.db().query(scope(kA), *statement, {id_of(2)});
        EXPECT_TRUE(rows.has_value() && rows->empty() && rows->affected == 0) << statement->name;
    }
    const auto kept = co_await self.db().query(scope(kB), kList, {kB});
    EXPECT_EQ(kept->integer(0, 2), 1);
}

AGENTIC_CO_TEST_P(IsolationSuite, ForgottenClauseOnJoinedTable) {
    co_await self.two_tenants();
    if (self.is_postgres()) {
        EXPECT_TRUE((co_await self.db().query(scope(kA), kForgotJoin, {kA}))->empty());
    } else {
        EXPECT_THROW(co_await self.db().query(scope(kA), kForgotJoin, {kA}), std::logic_error);
    }
}

/// Row-level security's WITH CHECK, and on SQLite the comparison of bound parameters with the scope.
AGENTIC_CO_TEST_P(IsolationSuite, WritesForAnotherTenantAreRefused) {
    EXPECT_THROW(co_await self.db().query(scope(kA), kInsert, {kB, id_of(3), "planted", 1}), std::logic_error);
    EXPECT_EQ((co_await self.db().query(scope(kB), kCount, {kB}))->integer(0, 0), 0);
}

/// Foreign keys look past row-level security, so they must carry the tenant.
AGENTIC_CO_TEST_P(IsolationSuite, ForeignKeyCannotPointAtAnotherTenantsRow) {
    co_await self.two_tenants();
    EXPECT_EQ(error_of(co_await self.db().query(scope(kA), kLink, {kA, id_of(2)})), ErrorCode::conflict);
}

/// A unique rule over all tenants would answer "does anybody have this?".
AGENTIC_CO_TEST_P(IsolationSuite, UniqueRuleIsNoOracle) {
    co_await self.two_tenants();
    EXPECT_TRUE((co_await self.db().query(scope(kA), kInsert, {kA, id_of(2), "of B", 1})).has_value());
}

AGENTIC_CO_TEST_P(IsolationSuite, SettingsEndWithTheirTransaction) {
    for (int i = 0; i < 3; ++i) {
        co_await self.two_tenants();
        co_await self.db().batch(scope(kA), batch_of(Step{kInsert, {kA, id_of(1), "x", 1}}, Step{kInsert, {kA, id_of(1), "y", 1}}));  // fails
        const auto in_system = co_await self.db().query(everyone(), kSettings, {});
        EXPECT_EQ(in_system->text(0, 0), "");
        const auto in_tenant = co_await self.db().query(scope(kB), kSettings, {});
        EXPECT_EQ(in_tenant->text(0, 1), "");
    }
}

AGENTIC_CO_TEST_P(IsolationSuite, StatementsRunAsTheApplicationRole) { EXPECT_EQ((co_await self.db().query(everyone(), kWho, {}))->text(0, 0), "agentic_app"); }

/// The negative control: without the fence, the forgotten clause does leak, so the tests above can fail.
TEST(IsolationControl, WithoutRowLevelSecurityTheForgottenClauseLeaks) {
    AGENTIC_NEEDS_POSTGRES();
    test::TestPostgres server(notes_migrations());
    server.raw().run("ALTER TABLE notes DISABLE ROW LEVEL SECURITY");
    test::run_coroutine([&server] { return [](test::TestPostgres& s) -> Awaitable<void> {
        co_await s->query(scope(kB), kInsert, {kB, id_of(2), "of B", 1});
        EXPECT_EQ((co_await s->query(scope(kA), kForgotList, {id_of(2)}))->size(), 1u);
    }(server); });
}

TEST(IsolationControl, OwnerWithoutForceSeesEverything) {
    AGENTIC_NEEDS_POSTGRES();
    test::TestPostgres server(notes_migrations());
    auto raw = server.raw();
    raw.run("INSERT INTO notes (tenant_id, id, number) VALUES ('0191b2a4-7c3d-7e11-8f00-00000000000a', '0191b2a4-7c3d-7e11-8f00-00000000000a', 1)");
    raw.run("CREATE ROLE owner_" + server.name());
    raw.run("ALTER TABLE notes OWNER TO owner_" + server.name() + "; SET ROLE owner_" + server.name());
    EXPECT_EQ(raw.run("SELECT count(*) FROM notes")[0][0], "0");
    raw.run("ALTER TABLE notes NO FORCE ROW LEVEL SECURITY");
    EXPECT_EQ(raw.run("SELECT count(*) FROM notes")[0][0], "1");
    raw.run("RESET ROLE; ALTER TABLE notes OWNER TO postgres; DROP ROLE owner_" + server.name());
}

}  // namespace
}  // namespace agentic::db::conformance
