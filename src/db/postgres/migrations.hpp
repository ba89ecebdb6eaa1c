#pragma once
#include <memory>
#include <string>

#include "db/migrate.hpp"

namespace agentic::db::postgres {

/// Connects for migrating, as the user of `url`, who must be allowed to make tables and (the first time) the application role; waits up to a minute for
/// another migration to end. Fails with `unavailable`.
Result<std::unique_ptr<MigrationSession>> open_migrations(const std::string& url);

}  // namespace agentic::db::postgres
