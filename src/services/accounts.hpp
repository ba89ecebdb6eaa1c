#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/context.hpp"
#include "db/repositories/invitations.hpp"
#include "db/repositories/sessions.hpp"
#include "db/repositories/tenants.hpp"
#include "db/repositories/users.hpp"
#include "schemas/auth.hpp"
#include "services/account_config.hpp"
#include "services/accounts_throttle.hpp"
#include "services/authenticator_cache.hpp"
#include "services/passwords.hpp"
#include "services/tokens.hpp"

namespace agentic::auth {

/// Two requests of one client that refresh at the same moment, or one whose answer was lost and that is sent again, are no theft.
inline constexpr std::chrono::seconds kReuseGrace{10};

/// Sign-in: registration, login, sessions and passwords. Wrong, unknown and suspended all look the same to who is signing in, and cost the same.
/// Everything that hashes a password fails with `rate_limited` when too many do, and everything with the database's `unavailable` and `storage_full`.
class AccountService {
public:
    AccountService(db::Executor& db, PasswordHasher& passwords, const AccessTokens& tokens, PrincipalCache& principals, LoginThrottle& throttle, AccountConfig config);

    /// A tenant and its owner, signed in. Fails with `forbidden` (registration is closed, or the set-up token is wrong), `conflict` naming the slug.
    /// The first tenant of the installation is on the plan `enterprise`, later ones on `free`; of many first ones at once, one is.
    Task<schemas::Session> register_tenant(OpContext& op, schemas::RegisterRequest in);

    /// Fails with `not_authenticated`, `rate_limited` after too many failures, `validation_error` naming `tenant` when e-mail and password fit several
    /// tenants. An e-mail in more than five tenants needs the slug. Without one, every failure takes the same time.
    Task<schemas::Session> login(OpContext& op, schemas::LoginRequest in, std::string address);

    /// A new pair for a refresh token, which is used up. A used one that comes back ends the session; within kReuseGrace of its use it is only refused.
    /// Fails with `not_authenticated`.
    Task<schemas::Session> refresh(OpContext& op, std::string refresh_token);

    /// Ends the caller's session, or all of the user's.
    Task<> logout(OpContext& op, bool all);

    /// Ends every other session and the user's API keys. Fails with `validation_error`, `rate_limited` after too many wrong guesses.
    Task<> change_password(OpContext& op, schemas::PasswordChange in, std::string address);

    /// The invited user, signed in. Fails with `not_authenticated` (invalid, used or expired), `conflict` when the user exists by now.
    Task<schemas::Session> accept_invite(OpContext& op, schemas::AcceptInvite in);

    /// Forgets sessions that ended a day ago or earlier; answers how many. For a periodic job.
    Task<std::int64_t> purge_ended_sessions(Timestamp now);

    std::chrono::seconds refresh_lifetime() const { return config_.refresh_lifetime; }

private:
    struct NewSession {
        Uuid id;
        Uuid refresh_id;
        std::string refresh_token;
        Timestamp expires_at;
    };

    NewSession new_session(Timestamp now) const;
    static void add_session(db::Batch& steps, TenantScope tenant, Uuid user_id, const NewSession& session, Timestamp now);
    schemas::Session answer(schemas::SessionUser user, const NewSession& session, Timestamp now) const;

    Task<bool> may_register(std::string setup_token);
    Task<std::vector<db::LoginCandidate>> matching(std::string account, std::optional<std::string> tenant_slug, Secret password);
    Awaitable<void> hold_back(std::chrono::steady_clock::duration taken) const;
    Task<schemas::Session> sign_in(OpContext& op, db::LoginCandidate user, Secret password);
    Task<> end_stolen_session(db::RefreshTokenRow token, Timestamp now);

    db::Executor& db_;
    db::UserRepository users_;
    db::TenantRepository tenants_;
    db::SessionRepository sessions_;
    db::InvitationRepository invitations_;
    PasswordHasher& passwords_;
    const AccessTokens& tokens_;
    PrincipalCache& principals_;
    LoginThrottle& throttle_;
    AccountConfig config_;
};

/// "Acme & Söhne Ltd." -> "acme-s-hne-ltd"; "tenant" when nothing is left.
std::string slug_of(std::string_view name);

}  // namespace agentic::auth
