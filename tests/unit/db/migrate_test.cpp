#include "db/migrate.hpp"

#include <gtest/gtest.h>

#include "db/sqlite/migrations.hpp"
#include "support/fake_clock.hpp"
#include "support/temp_dir.hpp"

namespace agentic::db {
namespace {

constexpr Migration kFirst{.number = 1, .name = "first", .sqlite_up = "CREATE TABLE a (id INTEGER PRIMARY KEY)", .sqlite_down = "DROP TABLE a", .sqlite_sha256 = "one"};
constexpr Migration kSecond{
    .number = 2, .name = "second", .sqlite_up = "CREATE TABLE b (id INTEGER); INSERT INTO a (id) VALUES (7)", .sqlite_down = "DROP TABLE b", .sqlite_sha256 = "two"};
constexpr Migration kBroken{.number = 2, .name = "broken", .sqlite_up = "CREATE TABLE c (id INTEGER); SELECT nonsense", .sqlite_down = "", .sqlite_sha256 = "bad"};
constexpr Migration kCommits{.number = 2, .name = "commits", .sqlite_up = "CREATE TABLE c (id INTEGER); COMMIT", .sqlite_down = "", .sqlite_sha256 = "bad"};
constexpr Migration kOrphans{.number = 2,
                             .name = "orphans",
                             .sqlite_up = "CREATE TABLE c (a_id INTEGER REFERENCES a (id)); INSERT INTO c (a_id) VALUES (99)",
                             .sqlite_down = "",
                             .sqlite_sha256 = "bad"};

class Migrate : public testing::Test {
protected:
    std::unique_ptr<MigrationSession> session() {
        sqlite::Options options;
        options.path = directory_ / "m.db";
        auto opened = sqlite::open_migrations(options);
        EXPECT_TRUE(opened.has_value());
        return *std::move(opened);
    }
    Result<int> up(std::vector<Migration> known) { return migrate_up(*session(), known, clock_); }
    std::size_t applied() { return session()->applied()->size(); }

    test::TempDir directory_;
    test::FakeClock clock_;
};

TEST_F(Migrate, AppliesWhatIsMissingOnce) {
    EXPECT_EQ(up({kFirst}), 1);
    EXPECT_EQ(up({kFirst, kSecond}), 1);
    EXPECT_EQ(up({kFirst, kSecond}), 0);
}

TEST_F(Migrate, GoesDownAndUpAgain) {
    const std::vector<Migration> known{kFirst, kSecond};
    EXPECT_EQ(up(known), 2);
    EXPECT_EQ(migrate_down(*session(), known, 1), 1);
    EXPECT_EQ(applied(), 1u);
    EXPECT_EQ(migrate_down(*session(), known, 0), 1);
    EXPECT_EQ(up(known), 2);
}

TEST_F(Migrate, ReportsStates) {
    EXPECT_EQ(up({kFirst}), 1);
    const std::vector<Migration> known{kFirst, kSecond};
    const auto states = migration_states(*session(), known);
    ASSERT_TRUE(states.has_value());
    EXPECT_EQ((*states)[0].applied_at, clock_.now());
    EXPECT_EQ((*states)[1].applied_at, std::nullopt);
}

TEST_F(Migrate, RefusesEditedMigration) {
    EXPECT_EQ(up({kFirst}), 1);
    auto edited = kFirst;
    edited.sqlite_sha256 = "other";
    const auto refused = up({edited});
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::precondition_failed);
    EXPECT_NE(refused.error().public_message.find("0001_first has been edited"), std::string::npos) << refused.error().public_message;
}

TEST_F(Migrate, RefusesNewerDatabase) {
    EXPECT_EQ(up({kFirst, kSecond}), 2);
    const auto refused = up({kFirst});
    ASSERT_FALSE(refused.has_value());
    EXPECT_EQ(refused.error().code, ErrorCode::precondition_failed);
    EXPECT_NE(refused.error().public_message.find("0002_second, which this program does not know"), std::string::npos) << refused.error().public_message;
}

TEST_F(Migrate, FailedMigrationLeavesNothing) {
    for (const auto& bad : {kBroken, kOrphans}) {
        EXPECT_FALSE(up({kFirst, bad}).has_value()) << bad.name;
        EXPECT_EQ(applied(), 1u) << bad.name;
        EXPECT_EQ(up({kFirst, {.number = 2, .name = "good", .sqlite_up = "CREATE TABLE c (id INTEGER)", .sqlite_down = "DROP TABLE c", .sqlite_sha256 = "g"}}), 1)
            << bad.name << " left its table behind";
        EXPECT_EQ(migrate_down(*session(), std::vector<Migration>{kFirst, {.number = 2, .name = "good", .sqlite_down = "DROP TABLE c", .sqlite_sha256 = "g"}}, 1), 1);
    }
}

TEST_F(Migrate, RefusesScriptThatCommits) {
    const auto refused = up({kFirst, kCommits});
    ASSERT_FALSE(refused.has_value());
    EXPECT_NE(refused.error().public_message.find("ends the transaction"), std::string::npos) << refused.error().public_message;
}

TEST_F(Migrate, OneSessionAtATime) {
    const auto first = session();
    sqlite::Options options;
    options.path = directory_ / "m.db";
    EXPECT_FALSE(sqlite::open_migrations(options).has_value());
}

}  // namespace
}  // namespace agentic::db
