#include "db/repositories/sessions.hpp"

#include "db/repositories/delete_in_pieces.hpp"
#include "db/row_mapper.hpp"
#include "db/sql.hpp"

namespace agentic::db {

namespace {

Error ended() { return fail(ErrorCode::not_authenticated, "The session has ended; sign in again").error(); }

}  // namespace

Task<SessionPrincipal> SessionRepository::principal(TenantScope scope, Uuid session_id, Uuid user_id) {
    AGENTIC_CO_TRY(auto rows, co_await db_.query(scope, sql::session_principal, {scope.tenant_id(), session_id, user_id}));
    co_return first_row<SessionPrincipal>(rows, "session");
}

Task<RefreshTokenRow> SessionRepository::find_token(std::string token_hash) {
    const auto scope = SystemScope::because("a refresh token names its tenant by its row");
    AGENTIC_CO_TRY(auto rows, co_await db_.query(scope, sql::refresh_token_by_hash, {std::move(token_hash)}));
    co_return first_row<RefreshTokenRow>(rows, "refresh token");
}

Task<> SessionRepository::revoke(TenantScope scope, Uuid session_id, Timestamp now) {
    AGENTIC_CO_CHECK(co_await db_.query(scope, sql::session_revoke, {scope.tenant_id(), session_id, now}));
    co_return Result<void>();
}

Task<std::int64_t> SessionRepository::purge(Timestamp limit) {
    co_return co_await delete_in_pieces(db_, SystemScope::because("housekeeping of ended sessions"), sql::sessions_purge, limit);
}

Step SessionRepository::insert(TenantScope scope, Uuid session_id, Uuid user_id, Timestamp now, Timestamp expires_at) {
    return {sql::session_insert, {scope.tenant_id(), session_id, user_id, now, expires_at}};
}

Step SessionRepository::insert_token(TenantScope scope, Uuid id, Uuid session_id, std::string_view token_hash, Timestamp now, Timestamp expires_at) {
    return {sql::refresh_token_insert, {scope.tenant_id(), id, session_id, token_hash, now, expires_at}};
}

Step SessionRepository::use_token(TenantScope scope, Uuid id, Timestamp now) { return {sql::refresh_token_use, {scope.tenant_id(), id, now}, 1, ended()}; }

Step SessionRepository::extend(TenantScope scope, Uuid session_id, Timestamp expires_at, Timestamp now) {
    return {sql::session_extend, {scope.tenant_id(), session_id, expires_at, now}, 1, ended()};
}

Step SessionRepository::revoke_all(TenantScope scope, Uuid user_id, std::optional<Uuid> except, Timestamp now) {
    return {sql::sessions_revoke_user, {scope.tenant_id(), user_id, now, except}};
}

}  // namespace agentic::db
