#include "api/endpoint.hpp"
#include "api/services.hpp"
#include "api/v1/people_rows.hpp"
#include "api/v1/routes.hpp"
#include "services/accounts_people.hpp"

namespace agentic::api::v1 {
namespace {

using schemas::User;

auth::PeopleService& people(RequestContext& ctx) { return ctx.services.accounts->people; }

Task<schemas::UserList> user_list(RequestContext& ctx, Query<schemas::UserListQuery> query) {
    AGENTIC_CO_TRY(auto page, co_await db::UserRepository(ctx.services.db)
                                  .list(ctx.op.tenant, {.role = query.role, .status = query.status, .search = std::move(query.search), .page = {query.page, query.limit}}));
    schemas::UserList list{.data = {}, .pagination = schemas::Pagination::of(query.page, query.limit, page.total)};
    list.data.reserve(page.rows.size());
    for (auto& row : page.rows) list.data.push_back(to_response(std::move(row)));
    co_return list;
}

/// Fails with `forbidden` when the role is above the caller's, `conflict` when the e-mail is taken.
Task<Created<User>> user_create(RequestContext& ctx, schemas::UserCreate in) {
    AGENTIC_CO_TRY(auto row, co_await people(ctx).create(ctx.op, std::move(in)));
    ctx.response_headers.set("Location", "/v1/users/" + row.id.to_string());
    co_return Created<User>{to_response(std::move(row))};
}

/// Fails with `not_found`, as every route on one user does.
Task<User> user_view(RequestContext& ctx) {
    AGENTIC_CO_TRY(const auto id, ctx.path_id("user_id", "user"));
    AGENTIC_CO_TRY(auto row, co_await db::UserRepository(ctx.services.db).find(ctx.op.tenant, id));
    co_return to_response(std::move(row));
}

/// The last change of the user that the client's If-Match is about, which a write must still find; `precondition_failed` when it does not hold. Asks the
/// database only when there is an If-Match.
Task<std::optional<Timestamp>> expected_change(RequestContext& ctx, Uuid id) {
    if (ctx.request.headers.count("if-match") == 0) co_return std::nullopt;
    AGENTIC_CO_TRY(auto row, co_await db::UserRepository(ctx.services.db).find(ctx.op.tenant, id));
    const auto changed = row.updated_at;
    AGENTIC_CO_CHECK(ctx.require_match(to_response(std::move(row))));
    co_return changed;
}

/// Fails with `forbidden` (roles above the caller's, the own role or status), `conflict` (the last owner), `precondition_failed`.
Task<User> user_update(RequestContext& ctx, schemas::UserUpdate in) {
    AGENTIC_CO_TRY(const auto id, ctx.path_id("user_id", "user"));
    AGENTIC_CO_TRY(const auto expected, co_await expected_change(ctx, id));
    AGENTIC_CO_TRY(auto row, co_await people(ctx).update(ctx.op, id, std::move(in), expected));
    co_return to_response(std::move(row));
}

/// As user_update.
Task<> user_delete(RequestContext& ctx) {
    AGENTIC_CO_TRY(const auto id, ctx.path_id("user_id", "user"));
    AGENTIC_CO_TRY(const auto expected, co_await expected_change(ctx, id));
    co_return co_await people(ctx).remove(ctx.op, id, expected);
}

/// Fails with `forbidden` when the role is above the caller's, `conflict` when the user exists.
Task<Created<schemas::Invitation>> user_invite(RequestContext& ctx, schemas::InviteRequest in) {
    AGENTIC_CO_TRY(auto invitation, co_await people(ctx).invite(ctx.op, std::move(in)));
    co_return Created<schemas::Invitation>{std::move(invitation)};
}

}  // namespace

Routes user_routes() {
    using enum http::Method;
    constexpr auto admin = Policy::person(Role::admin);
    return {
        endpoint<user_list>(get, "/v1/users", "user_list", "Users", "List the users of the tenant", admin),
        endpoint<user_create>(post, "/v1/users", "user_create", "Users", "Create a user", admin).repeats(Repeat::harmless),
        endpoint<user_invite>(post, "/v1/users/invite", "user_invite", "Users", "Invite a user", admin).repeats(Repeat::secret),
        endpoint<user_view>(get, "/v1/users/{user_id}", "user_view", "Users", "View a user", admin),
        endpoint<user_update>(patch, "/v1/users/{user_id}", "user_update", "Users", "Change a user's role, status or name", admin),
        endpoint<user_delete>(del, "/v1/users/{user_id}", "user_delete", "Users", "Delete a user", admin),
    };
}

}  // namespace agentic::api::v1
