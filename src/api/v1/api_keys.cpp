#include "api/endpoint.hpp"
#include "api/services.hpp"
#include "api/v1/people_rows.hpp"
#include "api/v1/routes.hpp"
#include "services/accounts_api_keys.hpp"

namespace agentic::api::v1 {
namespace {

auth::ApiKeyService& keys(RequestContext& ctx) { return ctx.services.accounts->api_keys; }

/// Administrators see everybody's keys, others their own.
Task<schemas::ApiKeyList> api_key_list(RequestContext& ctx, Query<schemas::PageQuery> query) {
    AGENTIC_CO_TRY(auto page, co_await keys(ctx).list(ctx.op, {query.page, query.limit}));
    schemas::ApiKeyList list{.data = {}, .pagination = schemas::Pagination::of(query.page, query.limit, page.total)};
    list.data.reserve(page.rows.size());
    for (auto& row : page.rows) list.data.push_back(to_response(std::move(row)));
    co_return list;
}

Task<Created<schemas::ApiKeyCreated>> api_key_create(RequestContext& ctx, schemas::ApiKeyCreate in) {
    AGENTIC_CO_TRY(auto created, co_await keys(ctx).create(ctx.op, std::move(in)));
    co_return Created<schemas::ApiKeyCreated>{std::move(created)};
}

/// Fails with `not_found`, also for somebody else's key.
Task<> api_key_delete(RequestContext& ctx) {
    AGENTIC_CO_TRY(const auto id, ctx.path_id("api_key_id", "API key"));
    co_return co_await keys(ctx).revoke(ctx.op, id);
}

}  // namespace

// A key must not make keys: all of these are for people.
Routes api_key_routes() {
    using enum http::Method;
    constexpr auto person = Policy::person(Role::viewer);
    return {
        endpoint<api_key_list>(get, "/v1/api-keys", "api_key_list", "API keys", "List API keys", person),
        endpoint<api_key_create>(post, "/v1/api-keys", "api_key_create", "API keys", "Create an API key", person).repeats(Repeat::secret),
        endpoint<api_key_delete>(del, "/v1/api-keys/{api_key_id}", "api_key_delete", "API keys", "Revoke an API key", person),
    };
}

}  // namespace agentic::api::v1
