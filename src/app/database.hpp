#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "app/config/config.hpp"
#include "core/clock.hpp"
#include "db/executor.hpp"
#include "db/migrate.hpp"

namespace agentic::app {

/// The engine that the configuration asks for. Everything else about databases is behind Executor and MigrationSession.
db::Executor::Engine engine_of(const Config& config);

/// "SQLite data/agentic.db" or "PostgreSQL app@db:5432/agentic": for people, without a password.
std::string database_name(const Config& config);
std::filesystem::path sqlite_path(const Config& config);

/// Fails with `unavailable` when the database cannot be reached or another process owns the file.
Result<std::unique_ptr<db::MigrationSession>> open_migrations(const Config& config);

/// What `serve` does about a schema that is behind.
enum class WhenBehind : std::uint8_t { apply, refuse };

/// Brings the schema up to this program's, or fails with `precondition_failed` when it is behind and may not be changed, or newer. Returns how many
/// migrations were applied.
Result<int> prepare_schema(const Config& config, const Clock& clock, WhenBehind when_behind);

/// Opens the database for use by that many I/O threads; its schema must be ours already.
Result<std::unique_ptr<db::Executor>> open_database(const Config& config, std::size_t io_threads);

}  // namespace agentic::app
