#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "core/vocabulary.hpp"
#include "db/executor.hpp"

namespace agentic::db {

/// An invitation as its bearer finds it.
struct InvitationRow {
    Uuid id;
    Uuid tenant_id;
    std::string email;
    std::string email_normalised;
    Role role = Role::member;
    Timestamp expires_at;
    std::optional<Timestamp> accepted_at;
    TenantStatus tenant_status = TenantStatus::active;
};

/// Invitations, whose tokens are kept by hash only. Everything fails with the Executor's `unavailable` and `storage_full` too.
class InvitationRepository {
public:
    explicit InvitationRepository(Executor& db) : db_(db) {}

    /// Fails with `not_found`.
    Task<InvitationRow> find(std::string token_hash);

    // Steps of a batch.
    static Step insert(TenantScope scope, const InvitationRow& row, std::string_view token_hash, Uuid invited_by, Timestamp now);
    static Step drop_pending(TenantScope scope, std::string_view email_normalised);
    static Step drop_by(TenantScope scope, Uuid inviter);
    /// `not_authenticated` unless it is open and in time: it works once.
    static Step accept(TenantScope scope, Uuid id, Timestamp now);

private:
    Executor& db_;
};

}  // namespace agentic::db
