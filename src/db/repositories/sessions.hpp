#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "core/vocabulary.hpp"
#include "db/executor.hpp"

namespace agentic::db {

/// What the bearer of an access token is now.
struct SessionPrincipal {
    std::string email;
    Role role = Role::viewer;
    UserStatus status = UserStatus::active;
    TenantStatus tenant_status = TenantStatus::active;
    Timestamp expires_at;
    std::optional<Timestamp> revoked_at;
};

/// A refresh token with the session it belongs to and that session's user.
struct RefreshTokenRow {
    Uuid id;
    Uuid tenant_id;
    Uuid session_id;
    Timestamp expires_at;
    std::optional<Timestamp> used_at;
    Uuid user_id;
    std::optional<Timestamp> revoked_at;  // of the session
    std::string email;
    Role role = Role::viewer;
    UserStatus status = UserStatus::active;
    TenantStatus tenant_status = TenantStatus::active;
};

/// Sessions and their refresh tokens, which are kept by hash only. Everything fails with the Executor's `unavailable` and `storage_full` too.
class SessionRepository {
public:
    explicit SessionRepository(Executor& db) : db_(db) {}

    /// Fails with `not_found` for a session, user or tenant that is missing or deleted.
    Task<SessionPrincipal> principal(TenantScope scope, Uuid session_id, Uuid user_id);

    /// Fails with `not_found`.
    Task<RefreshTokenRow> find_token(std::string token_hash);

    /// Ends one session; that it was ended before is no failure.
    Task<> revoke(TenantScope scope, Uuid session_id, Timestamp now);

    /// Deletes the sessions of all tenants that expired before `limit`; answers how many.
    Task<std::int64_t> purge(Timestamp limit);

    // Steps of a batch.
    static Step insert(TenantScope scope, Uuid session_id, Uuid user_id, Timestamp now, Timestamp expires_at);
    static Step insert_token(TenantScope scope, Uuid id, Uuid session_id, std::string_view token_hash, Timestamp now, Timestamp expires_at);
    /// `not_authenticated` unless the token was unused: of many at once, one wins.
    static Step use_token(TenantScope scope, Uuid id, Timestamp now);
    /// `not_authenticated` when the session has ended.
    static Step extend(TenantScope scope, Uuid session_id, Timestamp expires_at, Timestamp now);
    static Step revoke_all(TenantScope scope, Uuid user_id, std::optional<Uuid> except, Timestamp now);

private:
    Executor& db_;
};

}  // namespace agentic::db
