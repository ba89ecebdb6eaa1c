#include "api/v1/people_rows.hpp"

#include <utility>

#include "services/tokens.hpp"

namespace agentic::api::v1 {

schemas::User to_response(db::UserRow row) {
    return {row.id, row.tenant_id, std::move(row.email), std::move(row.first_name), std::move(row.last_name), row.role, row.status,
            std::move(row.permissions), row.last_login_at, row.created_at, row.updated_at};
}

schemas::ApiKey to_response(db::ApiKeyRow row) {
    return {row.id, row.user_id, std::move(row.name), std::move(row.prefix), auth::split_scopes(row.scopes), row.expires_at, row.last_used_at, row.created_at};
}

schemas::Tenant to_response(db::TenantRow row) {
    return {row.id, std::move(row.name), std::move(row.slug), row.status, std::move(row.plan_type), std::move(row.limits), std::move(row.settings),
            std::move(row.region), row.created_at, row.updated_at};
}

}  // namespace agentic::api::v1
