#include "api/endpoint.hpp"
#include "api/services.hpp"
#include "api/v1/conditional.hpp"
#include "api/v1/people_rows.hpp"
#include "api/v1/routes.hpp"
#include "api/v1/session_cookie.hpp"
#include "http/target.hpp"
#include "services/accounts.hpp"

namespace agentic::api::v1 {
namespace {

using schemas::Session;

auth::AccountService& sign_in(RequestContext& ctx) { return ctx.services.accounts->sign_in; }

Session answer(RequestContext& ctx, Session session) {
    put_session_cookie(ctx, session, sign_in(ctx).refresh_lifetime());
    return session;
}

/// Fails with `forbidden` when registration is closed, `conflict` naming the slug when it is taken.
Task<Created<Session>> auth_register(RequestContext& ctx, schemas::RegisterRequest in) {
    AGENTIC_CO_TRY(auto session, co_await sign_in(ctx).register_tenant(ctx.op, std::move(in)));
    co_return Created<Session>{answer(ctx, std::move(session))};
}

/// JSON, or the form of the OAuth 2 password grant.
Result<schemas::LoginRequest> login_input(const http::Request& request) {
    if (!request.headers.get("content-type").value_or("").starts_with("application/x-www-form-urlencoded")) {
        AGENTIC_CHECK(require_json(request));
        return schema::Codec<schemas::LoginRequest>::parse(request.body);
    }
    const auto fields = http::decode_form(request.body);
    if (!fields) return fail(ErrorCode::bad_request, "The form is malformed");
    return schema::Codec<schemas::LoginForm>::parse_query(*fields).transform([](schemas::LoginForm form) {
        return schemas::LoginRequest{std::move(form.username), std::move(form.password), std::move(form.tenant)};
    });
}

/// Fails with `not_authenticated`, whatever is wrong; `rate_limited` after too many failures.
Task<Session> auth_login(RequestContext& ctx) {
    AGENTIC_CO_TRY(auto in, login_input(ctx.request));
    AGENTIC_CO_TRY(auto session, co_await sign_in(ctx).login(ctx.op, std::move(in), ctx.request.remote_address));
    co_return answer(ctx, std::move(session));
}

Result<std::string> refresh_input(const http::Request& request) {
    schemas::RefreshRequest in;
    if (!request.body.empty()) {
        AGENTIC_CHECK(require_json(request));
        AGENTIC_TRY(in, schema::Codec<schemas::RefreshRequest>::parse(request.body));
    }
    if (!in.refresh_token) in.refresh_token = session_cookie(request);
    if (in.refresh_token) return *std::move(in.refresh_token);
    return fail_validation({{"refresh_token", "is required (or the session cookie with the header X-Agentic-Session: cookie)"}});
}

/// Fails with `not_authenticated`; a refresh token that was used before ends its session.
Task<Session> auth_refresh(RequestContext& ctx) {
    AGENTIC_CO_TRY(auto token, refresh_input(ctx.request));
    AGENTIC_CO_TRY(auto session, co_await sign_in(ctx).refresh(ctx.op, std::move(token)));
    co_return answer(ctx, std::move(session));
}

Task<> auth_logout(RequestContext& ctx, Query<schemas::LogoutQuery> query) {
    AGENTIC_CO_CHECK(co_await sign_in(ctx).logout(ctx.op, query.all));
    clear_session_cookie(ctx);
    co_return Result<void>();
}

Task<schemas::User> auth_me(RequestContext& ctx) {
    AGENTIC_CO_TRY(auto row, co_await db::UserRepository(ctx.services.db).find(ctx.op.tenant, ctx.op.principal.user_id));
    co_return to_response(std::move(row));
}

/// Fails with `precondition_failed` when If-Match does not hold.
Task<schemas::User> auth_me_update(RequestContext& ctx, schemas::ProfileUpdate in) {
    db::UserRepository users(ctx.services.db);
    AGENTIC_CO_TRY(auto before, co_await users.find(ctx.op.tenant, ctx.op.principal.user_id));
    const auto id = before.id;
    const auto expected = expected_version(ctx, before.updated_at);
    AGENTIC_CO_CHECK(ctx.require_match(to_response(std::move(before))));
    AGENTIC_CO_TRY(auto row, co_await users.set_profile(ctx.op.tenant, id, {std::move(in.first_name), std::move(in.last_name)}, ctx.op.clock.now(), expected));
    co_return to_response(std::move(row));
}

/// Fails with `validation_error` when the current password is wrong, `rate_limited` after too many such guesses.
Task<> auth_password(RequestContext& ctx, schemas::PasswordChange in) {
    co_return co_await sign_in(ctx).change_password(ctx.op, std::move(in), ctx.request.remote_address);
}

/// Fails with `not_authenticated` when the invitation is unknown, used or expired; `conflict` when the user exists by now.
Task<Created<Session>> auth_accept_invite(RequestContext& ctx, schemas::AcceptInvite in) {
    AGENTIC_CO_TRY(auto session, co_await sign_in(ctx).accept_invite(ctx.op, std::move(in)));
    co_return Created<Session>{answer(ctx, std::move(session))};
}

/// For handlers that read their body themselves, because it may come in more than one form.
enum class Body : std::uint8_t { required, optional };
template <class T>
Route with_body(Route route, Body body = Body::required) {
    route.body = &schema::Codec<T>::type();
    route.may_omit_body = body == Body::optional;
    return route;
}

constexpr std::string_view kRefreshText =
    "The refresh token comes in the body, or as the session's HttpOnly cookie with the header `X-Agentic-Session: cookie`. It is good for one use: one that comes back more than ten seconds "
    "after its use ends the whole session, before that it is only refused.";
constexpr std::string_view kPasswordText = "Ends every other session of the user, and revokes the user's API keys.";

}  // namespace

Routes auth_routes() {
    using enum http::Method;
    constexpr auto person = Policy::person(Role::viewer);
    return {
        endpoint<auth_register>(post, "/v1/auth/register", "auth_register", "Auth", "Register a tenant and its owner", Policy::open("there is no account yet; REGISTRATION decides")),
        with_body<schemas::LoginRequest>(endpoint<auth_login>(post, "/v1/auth/login", "auth_login", "Auth", "Sign in", Policy::open("the password is the credential")))
            .accepts({"application/x-www-form-urlencoded", &schema::Codec<schemas::LoginForm>::type()}),
        with_body<schemas::RefreshRequest>(
            endpoint<auth_refresh>(post, "/v1/auth/refresh", "auth_refresh", "Auth", "Get the next pair of tokens", Policy::open("the refresh token is the credential")), Body::optional)
            .describe(kRefreshText),
        endpoint<auth_logout>(post, "/v1/auth/logout", "auth_logout", "Auth", "End this session, or all", person).repeats(Repeat::harmless),
        endpoint<auth_me>(get, "/v1/auth/me", "auth_me", "Auth", "View the own profile", person),
        endpoint<auth_me_update>(patch, "/v1/auth/me", "auth_me_update", "Auth", "Change the own profile", person),
        endpoint<auth_password>(post, "/v1/auth/password", "auth_password", "Auth", "Change the own password", person).repeats(Repeat::harmless).describe(kPasswordText),
        endpoint<auth_accept_invite>(post, "/v1/auth/accept-invite", "auth_accept_invite", "Auth", "Accept an invitation", Policy::open("the invitation's token is the credential")),
    };
}

}  // namespace agentic::api::v1
