#include "db/repositories/tenants.hpp"

#include "db/row_mapper.hpp"
#include "db/sql.hpp"

namespace agentic::db {

Task<TenantRow> TenantRepository::find(TenantScope scope) {
    AGENTIC_CO_TRY(auto rows, co_await db_.query(scope, sql::tenant_by_id, {scope.tenant_id()}));
    co_return first_row<TenantRow>(rows, "tenant");
}

Task<TenantRow> TenantRepository::update(TenantScope scope, std::optional<std::string> name, std::optional<JsonText> settings, Timestamp now, std::optional<Timestamp> expected) {
    AGENTIC_CO_TRY(auto rows, co_await db_.query(scope, sql::tenant_update, {scope.tenant_id(), std::move(name), std::move(settings), now, expected}));
    if (rows.empty() && expected) co_return fail(ErrorCode::precondition_failed, "The tenant has changed since it was read");
    co_return first_row<TenantRow>(rows, "tenant");
}

Task<TenantRow> TenantRepository::set_status(TenantScope scope, TenantStatus status, Timestamp now) {
    AGENTIC_CO_TRY(auto rows, co_await db_.query(scope, sql::tenant_set_status, {scope.tenant_id(), to_string(status), now}));
    co_return first_row<TenantRow>(rows, "tenant");
}

Task<bool> TenantRepository::is_installed() {
    AGENTIC_CO_TRY(auto rows, co_await db_.query(SystemScope::because("the installation belongs to no tenant"), sql::installation_claimed_at, {}));
    co_return !rows.empty();
}

Step TenantRepository::insert(const TenantRow& row) {
    return {sql::tenant_insert, {row.id, row.name, row.slug, row.plan_type, row.limits, row.settings, row.region, row.created_at}};
}

Step TenantRepository::lock(TenantScope scope) {
    return {sql::tenant_lock, {scope.tenant_id()}, 1, fail_not_found("tenant").error()};
}

Step TenantRepository::claim_installation(Timestamp now) { return {sql::installation_claim, {now}}; }

Step TenantRepository::mark_installation(Timestamp now) { return {sql::installation_mark, {now}}; }

}  // namespace agentic::db
