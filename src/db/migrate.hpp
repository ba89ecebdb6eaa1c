#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "db/executor.hpp"
#include "db/migrations.hpp"

namespace agentic::db {

/// A row of schema_migrations.
struct AppliedMigration {
    int number = 0;
    std::string name;
    std::string checksum;  // SHA-256 of the up script, hex
    Timestamp applied_at;
};

/// One connection with the rights and the lock to change the schema; made by sqlite::open_migrations or postgres::open_migrations. Blocking:
/// for start-up and the command line. Nobody else migrates the database while it lives.
class MigrationSession {
public:
    enum class Direction : std::uint8_t { up, down };

    virtual ~MigrationSession() = default;
    virtual Executor::Engine engine() const = 0;
    /// What schema_migrations records, by number; the table is made when it is missing.
    virtual Result<std::vector<AppliedMigration>> applied() = 0;
    /// Runs `script`, records the migration (down: forgets it) and renews the tenant fences of every table, all in one transaction.
    virtual Result<void> apply(std::string_view script, const AppliedMigration& migration, Direction direction) = 0;
    /// Restores what stands beside the tables and is not in a dump of them: PostgreSQL's application role and its grants.
    virtual Result<void> renew() = 0;
};

/// Applies what is missing, in order, and renews the fences also when nothing is; returns how many. Fails with `precondition_failed` when the database has a migration this program does not
/// know (a newer one wrote it) or one whose script has been edited since, else with the engine's error; what was applied before it stays.
Result<int> migrate_up(MigrationSession& session, std::span<const Migration> known, const Clock& clock);

/// Reverts every migration above `target`, newest first; returns how many. Refuses like migrate_up.
Result<int> migrate_down(MigrationSession& session, std::span<const Migration> known, int target);

struct MigrationState {
    int number = 0;
    std::string name;
    std::optional<Timestamp> applied_at;  // nullopt: pending
};
/// Every known migration. Refuses like migrate_up.
Result<std::vector<MigrationState>> migration_states(MigrationSession& session, std::span<const Migration> known);

}  // namespace agentic::db
