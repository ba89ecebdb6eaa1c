#include "db/sqlite/migrations.hpp"

#include <sqlite3.h>

#include "core/log.hpp"
#include "db/sqlite/connection.hpp"
#include "db/sqlite/errors.hpp"
#include "db/sqlite/file_lock.hpp"

namespace agentic::db::sqlite {
namespace {

constexpr std::chrono::hours kMigrationTimeout{12};
constexpr const char* kCreateTable =
    "CREATE TABLE IF NOT EXISTS schema_migrations ("
    "number INTEGER PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)";
const Statement kList{.name = "migrations_list", .sqlite = "SELECT number, name, checksum, applied_at FROM schema_migrations ORDER BY number", .postgres = {}};
const Statement kRecord{
    .name = "migration_record", .sqlite = "INSERT INTO schema_migrations (number, name, checksum, applied_at) VALUES ($1, $2, $3, $4)", .postgres = {}, .writes = true};
const Statement kForget{.name = "migration_forget", .sqlite = "DELETE FROM schema_migrations WHERE number = $1", .postgres = {}, .writes = true};
const Statement kOrphans{.name = "migration_orphans", .sqlite = "SELECT count(*) FROM pragma_foreign_key_check", .postgres = {}};

std::string identifier(std::string_view name) {
    std::string out = "\"";
    for (const char c : name) out.append(c == '"' ? 2 : 1, c);
    return out + '"';
}

class Session final : public MigrationSession {
public:
    Session(FileLock lock, std::unique_ptr<Connection> connection) : lock_(std::move(lock)), connection_(std::move(connection)) {}

    Executor::Engine engine() const override { return Executor::Engine::sqlite; }

    Result<std::vector<AppliedMigration>> applied() override {
        AGENTIC_CHECK(execute(kCreateTable));
        AGENTIC_TRY(const auto rows, run(kList, {}));
        std::vector<AppliedMigration> out;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            out.push_back({static_cast<int>(rows.integer(i, 0)), std::string(rows.text(i, 1)), std::string(rows.text(i, 2)), {rows.integer(i, 3)}});
        }
        return out;
    }

    Result<void> apply(std::string_view script, const AppliedMigration& migration, Direction direction) override {
        AGENTIC_CHECK(execute("PRAGMA foreign_keys=OFF"));  // tables may be rebuilt; checked as a whole below
        AGENTIC_CHECK(execute("BEGIN IMMEDIATE"));
        auto done = apply_open(std::string(script), migration, direction);
        if (done) done = execute("COMMIT");
        if (!done && connection_->in_transaction()) static_cast<void>(execute("ROLLBACK"));
        static_cast<void>(execute("PRAGMA foreign_keys=ON"));
        return done;
    }

    Result<void> renew() override { return {}; }  // the file holds all there is

private:
    Result<void> apply_open(const std::string& script, const AppliedMigration& migration, Direction direction) {
        AGENTIC_CHECK(execute(script.c_str()));
        if (!connection_->in_transaction()) return broken(migration, "its script ends the transaction");
        AGENTIC_CHECK(renew_fences());
        AGENTIC_TRY(const auto orphans, run(kOrphans, {}));
        if (orphans.integer(0, 0) != 0) return broken(migration, "it leaves rows whose foreign keys point nowhere");
        if (direction == Direction::down) return run(kForget, {migration.number}).transform([](const Rows&) {});
        return run(kRecord, {migration.number, migration.name, migration.checksum, migration.applied_at}).transform([](const Rows&) {});
    }

    static std::unexpected<Error> broken(const AppliedMigration& migration, std::string_view why) {
        const auto message = "The migration " + migration.name + " cannot be applied: " + std::string(why);
        return fail(ErrorCode::internal_error, message, message);
    }

    /// No row may move to another tenant. Generated for every table with a tenant_id, so that a new table cannot forget it.
    Result<void> renew_fences() {
        const auto schema = connection_->read_fence_schema();
        for (const auto& [table, column] : schema.tables) {
            if (!schema.plain_tables.contains(table)) continue;
            const auto sql = "CREATE TRIGGER IF NOT EXISTS " + identifier("tenant_fixed_" + table) + " BEFORE UPDATE OF " + column + " ON " + identifier(table) +
                             " WHEN NEW." + column + " IS NOT OLD." + column + " BEGIN SELECT RAISE(ABORT, 'a row cannot change its tenant'); END";
            AGENTIC_CHECK(execute(sql.c_str()));
        }
        return {};
    }

    Result<void> execute(const char* sql) {
        if (const int code = sqlite3_exec(connection_->handle(), sql, nullptr, nullptr, nullptr); code != SQLITE_OK) {
            const auto message = std::string("The schema change failed: ") + sqlite3_errmsg(connection_->handle());
            if ((code & 0xff) == SQLITE_ERROR) return fail(ErrorCode::internal_error, message, message);
            return std::unexpected(error_of(connection_->handle(), code, "migration"));
        }
        return {};
    }

    Result<Rows> run(const Statement& statement, Params params) {
        const Step step{statement, std::move(params)};
        Rows rows;
        AGENTIC_CHECK(connection_->run(SystemScope::because("migrations change every tenant's tables"), {&step, 1}, {&rows, 1}));
        return rows;
    }

    FileLock lock_;
    std::unique_ptr<Connection> connection_;
};

}  // namespace

Result<std::unique_ptr<MigrationSession>> open_migrations(Options options) {
    options.statement_timeout = kMigrationTimeout;
    AGENTIC_TRY(auto lock, FileLock::acquire(options.path));
    AGENTIC_TRY(auto connection, Connection::open(options, Connection::Role::writer));
    connection->set_fence(std::make_shared<const FenceSchema>());
    return std::make_unique<Session>(std::move(lock), std::move(connection));
}

}  // namespace agentic::db::sqlite
