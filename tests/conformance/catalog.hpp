#pragma once
#include <string>
#include <vector>

#include "support/postgres.hpp"

namespace agentic::db::conformance {

/// What a PostgreSQL schema does wrong by the rules of tenancy (docs/ARCHITECTURE.md, "Tenancy"); empty when it is sound. Each entry names the object.
std::vector<std::string> postgres_violations(test::RawPostgres& database);

/// The same for a SQLite file (opened read-only).
std::vector<std::string> sqlite_violations(const std::filesystem::path& file);

}  // namespace agentic::db::conformance
