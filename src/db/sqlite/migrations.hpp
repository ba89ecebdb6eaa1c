#pragma once
#include "db/migrate.hpp"
#include "db/sqlite/options.hpp"

namespace agentic::db::sqlite {

/// Opens the file for migrating, creating it; holds the file lock while it lives. Fails like Database::open.
Result<std::unique_ptr<MigrationSession>> open_migrations(Options options);

}  // namespace agentic::db::sqlite
