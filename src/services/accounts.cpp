#include "services/accounts.hpp"

#include "core/log.hpp"
#include "core/random.hpp"

namespace agentic::auth {

namespace {

constexpr std::size_t kSecretBytes = 32;

std::unexpected<Error> ended() { return fail(ErrorCode::not_authenticated, "The session has ended; sign in again"); }

}  // namespace

AccountService::AccountService(db::Executor& db, PasswordHasher& passwords, const AccessTokens& tokens, PrincipalCache& principals, LoginThrottle& throttle, AccountConfig config)
    : db_(db), users_(db), tenants_(db), sessions_(db), invitations_(db), passwords_(passwords), tokens_(tokens), principals_(principals), throttle_(throttle), config_(std::move(config)) {}

AccountService::NewSession AccountService::new_session(Timestamp now) const {
    return {make_uuid_v7(now.unix_ms()), make_uuid_v7(now.unix_ms()), random_token(kSecretBytes), now.plus(config_.refresh_lifetime)};
}

void AccountService::add_session(db::Batch& steps, TenantScope tenant, Uuid user_id, const NewSession& session, Timestamp now) {
    steps.push_back(db::SessionRepository::insert(tenant, session.id, user_id, now, session.expires_at));
    steps.push_back(db::SessionRepository::insert_token(tenant, session.refresh_id, session.id, secret_hash(session.refresh_token), now, session.expires_at));
}

schemas::Session AccountService::answer(schemas::SessionUser user, const NewSession& session, Timestamp now) const {
    return {.access_token = tokens_.issue(user.id, user.tenant_id, session.id, now), .refresh_token = session.refresh_token,
            .expires_in = tokens_.lifetime().count(), .user = std::move(user)};
}

Task<schemas::Session> AccountService::refresh(OpContext& op, std::string refresh_token) {
    const auto arrived = op.clock.now();
    auto token = co_await sessions_.find_token(secret_hash(refresh_token));
    if (!token && token.error().code == ErrorCode::not_found) co_return ended();
    if (!token) co_return std::unexpected(std::move(token).error());
    if (token->used_at) {
        if (token->used_at->plus(kReuseGrace) < arrived) AGENTIC_CO_CHECK(co_await end_stolen_session(*token, arrived));
        co_return ended();
    }
    const bool is_good = !token->revoked_at && token->expires_at > arrived && token->status == UserStatus::active && token->tenant_status == TenantStatus::active;
    if (!is_good) co_return ended();

    const auto tenant = TenantScope::system(token->tenant_id, "the refresh token is the proof");
    auto next = new_session(arrived);
    next.id = token->session_id;
    db::Batch steps;
    steps.push_back(db::SessionRepository::use_token(tenant, token->id, op.clock.now()));
    steps.push_back(db::SessionRepository::extend(tenant, next.id, next.expires_at, arrived));
    steps.push_back(db::SessionRepository::insert_token(tenant, next.refresh_id, next.id, secret_hash(next.refresh_token), arrived, next.expires_at));
    AGENTIC_CO_CHECK(co_await db_.batch(tenant, std::move(steps)));
    co_return answer({token->user_id, token->email, token->role, token->tenant_id}, next, arrived);
}

/// Somebody else had the token: nobody can tell who is the thief, so both are out.
Task<> AccountService::end_stolen_session(db::RefreshTokenRow token, Timestamp now) {
    const auto tenant = TenantScope::system(token.tenant_id, "the reused refresh token is the proof");
    AGENTIC_CO_CHECK(co_await sessions_.revoke(tenant, token.session_id, now));
    principals_.forget(token.tenant_id);
    log::warning("refresh_token_reused", "A used refresh token came back; its session was ended",
                 {{"tenant_id", token.tenant_id.to_string()}, {"user_id", token.user_id.to_string()}, {"session_id", token.session_id.to_string()}});
    co_return Result<void>();
}

Task<> AccountService::logout(OpContext& op, bool all) {
    const auto now = op.clock.now();
    if (all) {
        db::Batch steps;
        steps.push_back(db::SessionRepository::revoke_all(op.tenant, op.principal.user_id, std::nullopt, now));
        AGENTIC_CO_CHECK(co_await db_.batch(op.tenant, std::move(steps)));
    } else {
        AGENTIC_CO_CHECK(co_await sessions_.revoke(op.tenant, op.principal.session_id, now));
    }
    principals_.forget(op.principal.tenant_id);
    co_return Result<void>();
}

Task<std::int64_t> AccountService::purge_ended_sessions(Timestamp now) { return sessions_.purge(now.plus(-std::chrono::hours(24))); }

}  // namespace agentic::auth
