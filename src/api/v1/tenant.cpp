#include "api/endpoint.hpp"
#include "api/services.hpp"
#include "api/v1/conditional.hpp"
#include "api/v1/people_rows.hpp"
#include "api/v1/routes.hpp"

namespace agentic::api::v1 {
namespace {

Task<schemas::Tenant> tenant_view(RequestContext& ctx) {
    AGENTIC_CO_TRY(auto row, co_await db::TenantRepository(ctx.services.db).find(ctx.op.tenant));
    co_return to_response(std::move(row));
}

/// Fails with `precondition_failed` when If-Match does not hold.
Task<schemas::Tenant> tenant_update(RequestContext& ctx, schemas::TenantUpdate in) {
    db::TenantRepository tenants(ctx.services.db);
    AGENTIC_CO_TRY(auto before, co_await tenants.find(ctx.op.tenant));
    const auto expected = expected_version(ctx, before.updated_at);
    AGENTIC_CO_CHECK(ctx.require_match(to_response(std::move(before))));
    AGENTIC_CO_TRY(auto row, co_await tenants.update(ctx.op.tenant, std::move(in.name), std::move(in.settings), ctx.op.clock.now(), expected));
    co_return to_response(std::move(row));
}

}  // namespace

Routes tenant_routes() {
    using enum http::Method;
    return {
        endpoint<tenant_view>(get, "/v1/tenant", "tenant_view", "Tenant", "View the own tenant", Policy::role(Role::viewer, "tenant:read")),
        endpoint<tenant_update>(patch, "/v1/tenant", "tenant_update", "Tenant", "Change the own tenant", Policy::person(Role::admin)),
    };
}

}  // namespace agentic::api::v1
