#include "app/database.hpp"

#include <algorithm>
#include <format>

#include "app/config/values.hpp"
#include "app/generated_secret.hpp"
#include "db/postgres/database.hpp"
#include "db/postgres/migrations.hpp"
#include "db/sqlite/database.hpp"
#include "db/sqlite/migrations.hpp"

namespace agentic::app {
namespace {

constexpr std::size_t kReaderThreads = 2;

db::sqlite::Options sqlite_options(const Config& config) { return {.path = sqlite_path(config), .reader_threads = kReaderThreads}; }

std::unexpected<Error> behind(std::ptrdiff_t pending) {
    return fail(ErrorCode::precondition_failed,
                std::format("The database is {} migration{} behind this program. Run `agentic migrate up`, or start with --migrate", pending, pending == 1 ? "" : "s"));
}

}  // namespace

db::Executor::Engine engine_of(const Config& config) { return config.database.url.empty() ? db::Executor::Engine::sqlite : db::Executor::Engine::postgres; }

std::filesystem::path sqlite_path(const Config& config) { return config.general.data_dir / "agentic.db"; }

std::string database_name(const Config& config) {
    if (engine_of(config) == db::Executor::Engine::sqlite) return "SQLite " + sqlite_path(config).string();
    return "PostgreSQL " + without_passwords(config.database.url.reveal()).substr(std::string_view("postgresql://").size());
}

Result<std::unique_ptr<db::MigrationSession>> open_migrations(const Config& config) {
    if (engine_of(config) == db::Executor::Engine::postgres) return db::postgres::open_migrations(std::string(config.database.url.reveal()));
    AGENTIC_CHECK(make_data_dir(config.general.data_dir));
    return db::sqlite::open_migrations(sqlite_options(config));
}

Result<int> prepare_schema(const Config& config, const Clock& clock, WhenBehind when_behind) {
    AGENTIC_TRY(const auto session, open_migrations(config));
    if (when_behind == WhenBehind::apply) return db::migrate_up(*session, db::embedded_migrations(), clock);
    AGENTIC_TRY(const auto states, db::migration_states(*session, db::embedded_migrations()));
    const auto pending = std::ranges::count_if(states, [](const auto& state) { return !state.applied_at; });
    if (pending > 0) return behind(pending);
    return 0;
}

Result<std::unique_ptr<db::Executor>> open_database(const Config& config, std::size_t io_threads) {
    if (engine_of(config) == db::Executor::Engine::sqlite) return db::sqlite::Database::open(sqlite_options(config));
    return std::make_unique<db::postgres::Database>(db::postgres::Options{.url = std::string(config.database.url.reveal()),
                                                                          .pool_size = config.database.pool_size,
                                                                          .max_overflow = config.database.max_overflow,
                                                                          .io_threads = io_threads});
}

}  // namespace agentic::app
