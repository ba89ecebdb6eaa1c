// The platform's migrations on both engines: up, all the way down, up again; and what the runner promises on PostgreSQL.
#include <gtest/gtest.h>

#include <thread>

#include "conformance/catalog.hpp"
#include "conformance/harness.hpp"
#include "db/migrate.hpp"

namespace agentic::db::conformance {
namespace {

std::vector<std::string> tables(test::RawPostgres& raw) {
    std::vector<std::string> out;
    for (const auto& row : raw.run("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")) out.push_back(row[0]);
    return out;
}

TEST(Migrations, GoDownAndUpAgainOnSqlite) {
    test::TestDatabase database;
    database.close();
    const auto known = embedded_migrations();
    {
        auto session = test::value_or_throw(sqlite::open_migrations(database.options()));
        EXPECT_EQ(test::value_or_throw(migrate_down(*session, known, 0)), static_cast<int>(known.size()));
        EXPECT_EQ(test::value_or_throw(migrate_up(*session, known, test::FakeClock())), static_cast<int>(known.size()));
    }
    database.open();
    EXPECT_TRUE(sqlite_violations(database.path()).empty());
}

TEST(Migrations, GoDownAndUpAgainOnPostgres) {
    AGENTIC_NEEDS_POSTGRES();
    test::TestPostgres server;
    auto raw = server.raw();
    const auto before = tables(raw);
    const auto known = embedded_migrations();
    auto session = test::value_or_throw(postgres::open_migrations(server.url()));
    EXPECT_EQ(test::value_or_throw(migrate_down(*session, known, 0)), static_cast<int>(known.size()));
    EXPECT_EQ(tables(raw), std::vector<std::string>{"schema_migrations"});
    EXPECT_EQ(test::value_or_throw(migrate_up(*session, known, test::FakeClock())), static_cast<int>(known.size()));
    EXPECT_EQ(tables(raw), before);
    EXPECT_TRUE(postgres_violations(raw).empty());
}

TEST(Migrations, TwoServersStartingTogetherApplyThemOnce) {
    AGENTIC_NEEDS_POSTGRES();
    test::TestPostgres server{std::span<const Migration>()};
    std::atomic<int> applied{0};
    {
        std::vector<std::jthread> starting;
        for (int i = 0; i < 2; ++i) {
            starting.emplace_back([&] {
                auto session = test::value_or_throw(postgres::open_migrations(server.url()));
                applied += test::value_or_throw(migrate_up(*session, notes_migrations(), test::FakeClock()));
            });
        }
    }
    EXPECT_EQ(applied, 1);
}

TEST(Migrations, FailedMigrationLeavesNothingOnPostgres) {
    AGENTIC_NEEDS_POSTGRES();
    test::TestPostgres server{std::span<const Migration>()};
    auto raw = server.raw();
    auto session = test::value_or_throw(postgres::open_migrations(server.url()));
    const Migration known[] = {{.number = 1, .name = "bad", .postgres_up = "CREATE TABLE half (id INT); SELECT nonsense", .postgres_sha256 = "bad"}};
    EXPECT_FALSE(migrate_up(*session, known, test::FakeClock()).has_value());
    EXPECT_TRUE(session->applied()->empty());
    EXPECT_EQ(tables(raw), std::vector<std::string>{"schema_migrations"});
}

TEST(Migrations, ScriptThatEndsItsTransactionIsNotRecordedOnPostgres) {
    AGENTIC_NEEDS_POSTGRES();
    test::TestPostgres server{std::span<const Migration>()};
    auto session = test::value_or_throw(postgres::open_migrations(server.url()));
    const Migration known[] = {{.number = 1, .name = "bad", .postgres_up = "CREATE TABLE half (id INT); COMMIT", .postgres_sha256 = "bad"}};
    EXPECT_FALSE(migrate_up(*session, known, test::FakeClock()).has_value());
    EXPECT_TRUE(session->applied()->empty());
}

/// A dump holds neither the application's role and its grants nor what was said of a function of the system.
TEST(Migrations, RepairARestoredDatabaseOnPostgres) {
    AGENTIC_NEEDS_POSTGRES();
    test::TestPostgres server;
    auto raw = server.raw();
    raw.run("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM agentic_app; ALTER FUNCTION pg_catalog.ts_match_vq (tsvector, tsquery) NOT LEAKPROOF");
    auto session = test::value_or_throw(postgres::open_migrations(server.url()));
    EXPECT_EQ(test::value_or_throw(migrate_up(*session, embedded_migrations(), test::FakeClock())), 0);
    EXPECT_EQ(postgres_violations(raw), std::vector<std::string>());
    EXPECT_EQ(raw.run("SELECT proleakproof FROM pg_proc WHERE oid = 'pg_catalog.ts_match_vq(tsvector, tsquery)'::regprocedure")[0][0], "t");
    EXPECT_EQ(raw.run("SELECT has_table_privilege('agentic_app', 'agents', 'INSERT')")[0][0], "t");
}

/// An ALTER TABLE would wait for everybody who reads the table, and everybody else for it.
TEST(Migrations, LeaveTablesAloneThatHaveTheirFence) {
    AGENTIC_NEEDS_POSTGRES();
    test::TestPostgres server;
    auto reader = server.raw();
    reader.run("BEGIN; SELECT count(*) FROM agents; SELECT count(*) FROM runs");
    auto session = test::value_or_throw(postgres::open_migrations(server.url()));
    EXPECT_TRUE(migrate_up(*session, embedded_migrations(), test::FakeClock()).has_value());
    reader.run("ROLLBACK");
}

/// What docs/operations.md asks an administrator of PostgreSQL for, and no more: a role that may make roles and owns its database. The test server's application role
/// is set aside meanwhile, since the migrations have to make it themselves.
class PlainOwner {
public:
    PlainOwner() : raw_(test::postgres_url()) {
        raw_.run("DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'agentic_app') THEN ALTER ROLE agentic_app RENAME TO agentic_app_aside; END IF; END $$");
        raw_.run("CREATE ROLE plain_owner LOGIN CREATEROLE");
        raw_.run("CREATE DATABASE plain OWNER plain_owner");
    }
    ~PlainOwner() {
        raw_.run("DROP DATABASE plain WITH (FORCE)");
        raw_.run("DROP ROLE IF EXISTS agentic_app");
        raw_.run("DROP ROLE plain_owner");
        raw_.run("DO $$ BEGIN IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'agentic_app_aside') THEN ALTER ROLE agentic_app_aside RENAME TO agentic_app; END IF; END $$");
    }
    PlainOwner(const PlainOwner&) = delete;
    PlainOwner& operator=(const PlainOwner&) = delete;

    std::string url() const {
        auto out = test::postgres_url();
        out.replace(out.find("/postgres?") + 1, 8, "plain");
        return out.replace(out.find("user=postgres") + 5, 8, "plain_owner");
    }

private:
    test::RawPostgres raw_;
};

TEST(Migrations, NeedNoSuperuser) {
    AGENTIC_NEEDS_POSTGRES();
    const PlainOwner owner;
    std::vector<Migration> known(embedded_migrations().begin(), embedded_migrations().end());
    const int last = known.back().number;
    known.push_back({.number = last + 1,
                     .name = "fresh",
                     .postgres_up = "CREATE TABLE fresh (tenant_id UUID NOT NULL, text TEXT); INSERT INTO fresh VALUES ('0191b2a4-7c3d-7e11-8f00-00000000000a', 'old')",
                     .postgres_sha256 = "f"});
    known.push_back({.number = last + 2, .name = "renew", .postgres_up = "UPDATE fresh SET text = 'new'", .postgres_sha256 = "r"});   // the fence stands by now, for the owner, too
    {
        auto session = test::value_or_throw(postgres::open_migrations(owner.url()));
        test::value_or_throw(migrate_up(*session, known, test::FakeClock()));
    }
    postgres::Options options;
    options.url = owner.url();
    postgres::Database db(options);
    const Statement count{.name = "fresh_count", .sqlite = {}, .postgres = "SELECT CAST(current_user AS TEXT) AS role, COUNT(*) AS n FROM fresh WHERE tenant_id = $1 AND text = 'new'"};
    run_on_threads(1, 1, [&](int) -> Awaitable<void> {
        const auto rows = co_await db.query(scope(kA), count, {kA});
        EXPECT_EQ(context_of(rows), "succeeded");
        if (!rows) co_return;
        EXPECT_EQ(rows->text(0, 0), "agentic_app");
        EXPECT_EQ(rows->integer(0, 1), 1);
    });
}

TEST(Migrations, FenceEveryNewTableByThemselves) {
    AGENTIC_NEEDS_POSTGRES();
    const Migration known[] = {{.number = 1,
                                .name = "fresh",
                                .postgres_up = "CREATE TABLE fresh (tenant_id UUID NOT NULL, text TEXT); CREATE VIEW seen AS SELECT * FROM fresh; "
                                               "CREATE TABLE settings (id INT PRIMARY KEY)",
                                .postgres_sha256 = "f"}};
    test::TestPostgres server{std::span<const Migration>(known)};
    auto raw = server.raw();
    EXPECT_EQ(postgres_violations(raw), std::vector<std::string>());
    raw.run("INSERT INTO fresh VALUES ('0191b2a4-7c3d-7e11-8f00-00000000000a', 'secret')");
    raw.run("SET ROLE agentic_app; SET agentic.tenant_id = '0191b2a4-7c3d-7e11-8f00-00000000000b'");
    EXPECT_EQ(raw.run("SELECT count(*) FROM fresh")[0][0], "0");
    EXPECT_EQ(raw.run("SELECT count(*) FROM seen")[0][0], "0");
}

}  // namespace
}  // namespace agentic::db::conformance
