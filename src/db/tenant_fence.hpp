#pragma once
// The second fence behind the repositories' own predicates: reads a statement's text and refuses it unless every tenant table in it is tied to a
// tenant parameter. SQLite, which has no row-level security, runs it whenever a statement is prepared; the conformance suite runs it over the
// texts of both engines. It understands the portable subset of db/sql and refuses what it does not understand.
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace agentic::db {

/// Tables (and views) that hold rows of tenants, lower case, with the column that says whose: `tenant_id`, and `id` for `tenants` itself.
using TenantTables = std::map<std::string, std::string, std::less<>>;

/// The name of the column by which `table` belongs to a tenant, when it is the one table that has no tenant_id.
inline constexpr std::string_view kTenantsTable = "tenants";

struct TenantClauses {
    std::set<std::string> tables;  // every tenant table the statement names, all of them constrained
    std::vector<int> parameters;   // n of every $n that a tenant column is compared with or set to
};

/// A table counts as constrained when its tenant column is compared with `= $n` in an AND-ed condition of its own query block, or with the tenant
/// column of a table that is; an INSERT must set it to `$n` (or take it from a constrained table). OR, LEFT JOIN, subqueries, CTEs and upserts are
/// judged by what they really filter. Changing a tenant column, REPLACE, RIGHT, FULL and NATURAL joins are refused.
/// Throws std::logic_error, naming the statement and the table.
TenantClauses require_tenant_clauses(std::string_view name, std::string_view sql, const TenantTables& tables);

}  // namespace agentic::db
