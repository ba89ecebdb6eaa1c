#include "db/repositories/api_keys.hpp"

#include "db/row_mapper.hpp"
#include "db/sql.hpp"

namespace agentic::db {

Task<ApiKeyRow> ApiKeyRepository::insert(TenantScope scope, ApiKeyRow row, std::string key_hash) {
    Params params{scope.tenant_id(), row.id, row.user_id, row.name, row.prefix, std::move(key_hash), row.scopes, row.expires_at, row.created_at};
    AGENTIC_CO_TRY(auto rows, co_await db_.query(scope, sql::api_key_insert, std::move(params)));
    co_return first_row<ApiKeyRow>(rows, "API key");
}

Task<Page<ApiKeyRow>> ApiKeyRepository::list(TenantScope scope, std::optional<Uuid> user_id, PageRequest page) {
    Batch steps;
    steps.push_back({sql::api_keys_page, {scope.tenant_id(), user_id, page.size, page.offset()}});
    steps.push_back({sql::api_keys_count, {scope.tenant_id(), user_id}});
    AGENTIC_CO_TRY(auto both, co_await db_.read(scope, std::move(steps)));
    co_return Page<ApiKeyRow>{rows_to<ApiKeyRow>(both[0]), both[1].integer(0, 0)};
}

Task<> ApiKeyRepository::remove(TenantScope scope, Uuid id, std::optional<Uuid> user_id, Timestamp now) {
    AGENTIC_CO_TRY(auto rows, co_await db_.query(scope, sql::api_key_delete, {scope.tenant_id(), id, user_id, now}));
    if (rows.affected == 0) co_return fail_not_found("API key");
    co_return Result<void>();
}

Task<ApiKeyPrincipal> ApiKeyRepository::find_by_prefix(std::string prefix) {
    const auto scope = SystemScope::because("an API key names its tenant by its row");
    AGENTIC_CO_TRY(auto rows, co_await db_.query(scope, sql::api_key_by_prefix, {std::move(prefix)}));
    co_return first_row<ApiKeyPrincipal>(rows, "API key");
}

Task<> ApiKeyRepository::touch(TenantScope scope, Uuid id, Timestamp now) {
    AGENTIC_CO_CHECK(co_await db_.query(scope, sql::api_key_touch, {scope.tenant_id(), id, now}));
    co_return Result<void>();
}

Step ApiKeyRepository::remove_all(TenantScope scope, Uuid user_id, Timestamp now) { return {sql::api_keys_delete_user, {scope.tenant_id(), user_id, now}}; }

}  // namespace agentic::db
