#include "db/migrate.hpp"

#include <cstdio>

#include "core/log.hpp"

namespace agentic::db {
namespace {

std::string label(int number, std::string_view name) {
    char digits[16];
    std::snprintf(digits, sizeof digits, "%04d_", number);
    return digits + std::string(name);
}

std::unexpected<Error> refuse(std::string message) { return fail(ErrorCode::precondition_failed, message, message); }

std::string_view checksum(const Migration& migration, Executor::Engine engine) {
    return engine == Executor::Engine::sqlite ? migration.sqlite_sha256 : migration.postgres_sha256;
}

/// What is applied must be an unedited prefix of what is known.
Result<std::vector<AppliedMigration>> checked(MigrationSession& session, std::span<const Migration> known) {
    AGENTIC_TRY(auto applied, session.applied());
    for (std::size_t i = 0; i < applied.size(); ++i) {
        const auto& row = applied[i];
        if (i >= known.size()) {
            return refuse("The database has the migration " + label(row.number, row.name) + ", which this program does not know: it was upgraded by a newer version");
        }
        if (row.number != known[i].number || row.name != known[i].name) {
            return refuse("The database has the migration " + label(row.number, row.name) + " where this program has " + label(known[i].number, known[i].name));
        }
        if (row.checksum != checksum(known[i], session.engine())) {
            return refuse("The migration " + label(row.number, row.name) + " has been edited since it was applied; add a new migration instead");
        }
    }
    return applied;
}

}  // namespace

Result<int> migrate_up(MigrationSession& session, std::span<const Migration> known, const Clock& clock) {
    AGENTIC_TRY(const auto applied, checked(session, known));
    const bool sqlite = session.engine() == Executor::Engine::sqlite;
    int count = 0;
    for (const auto& migration : known.subspan(applied.size())) {
        const AppliedMigration record{migration.number, std::string(migration.name), std::string(checksum(migration, session.engine())), clock.now()};
        AGENTIC_CHECK(session.apply(sqlite ? migration.sqlite_up : migration.postgres_up, record, MigrationSession::Direction::up));
        log::info("migration_applied", "Migration applied", {{"migration", label(migration.number, migration.name)}});
        ++count;
    }
    if (count == 0 && !applied.empty()) AGENTIC_CHECK(session.renew());
    return count;
}

Result<int> migrate_down(MigrationSession& session, std::span<const Migration> known, int target) {
    AGENTIC_TRY(auto applied, checked(session, known));
    const bool sqlite = session.engine() == Executor::Engine::sqlite;
    int count = 0;
    for (; !applied.empty() && applied.back().number > target; applied.pop_back(), ++count) {
        const auto& migration = known[applied.size() - 1];
        AGENTIC_CHECK(session.apply(sqlite ? migration.sqlite_down : migration.postgres_down, applied.back(), MigrationSession::Direction::down));
        log::info("migration_reverted", "Migration reverted", {{"migration", label(migration.number, migration.name)}});
    }
    return count;
}

Result<std::vector<MigrationState>> migration_states(MigrationSession& session, std::span<const Migration> known) {
    AGENTIC_TRY(const auto applied, checked(session, known));
    std::vector<MigrationState> states;
    for (std::size_t i = 0; i < known.size(); ++i) {
        auto& state = states.emplace_back(known[i].number, std::string(known[i].name), std::nullopt);
        if (i < applied.size()) state.applied_at = applied[i].applied_at;
    }
    return states;
}

}  // namespace agentic::db
