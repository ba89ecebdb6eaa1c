#include "db/repositories/invitations.hpp"

#include "db/row_mapper.hpp"
#include "db/sql.hpp"

namespace agentic::db {

Task<InvitationRow> InvitationRepository::find(std::string token_hash) {
    const auto scope = SystemScope::because("an invitation token names its tenant by its row");
    AGENTIC_CO_TRY(auto rows, co_await db_.query(scope, sql::invitation_by_hash, {std::move(token_hash)}));
    co_return first_row<InvitationRow>(rows, "invitation");
}

Step InvitationRepository::insert(TenantScope scope, const InvitationRow& row, std::string_view token_hash, Uuid invited_by, Timestamp now) {
    return {sql::invitation_insert,
            {scope.tenant_id(), row.id, row.email, row.email_normalised, to_string(row.role), token_hash, invited_by, now, row.expires_at}};
}

Step InvitationRepository::drop_pending(TenantScope scope, std::string_view email_normalised) {
    return {sql::invitation_drop_pending, {scope.tenant_id(), email_normalised}};
}

Step InvitationRepository::drop_by(TenantScope scope, Uuid inviter) { return {sql::invitations_drop_by, {scope.tenant_id(), inviter}}; }

Step InvitationRepository::accept(TenantScope scope, Uuid id, Timestamp now) {
    return {sql::invitation_accept, {scope.tenant_id(), id, now}, 1, fail(ErrorCode::not_authenticated, "The invitation is not valid any more").error()};
}

}  // namespace agentic::db
