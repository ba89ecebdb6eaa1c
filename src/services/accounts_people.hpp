#pragma once
#include "core/context.hpp"
#include "db/repositories/users.hpp"
#include "schemas/users.hpp"
#include "services/authenticator_cache.hpp"
#include "services/passwords.hpp"

namespace agentic::auth {

/// What administrators do with the users of their tenant. Owners may do everything; an admin touches no owner and makes none. Nobody changes their own
/// role or status, and a tenant keeps an active owner. Everything fails with the database's `unavailable` and `storage_full` too.
class PeopleService {
public:
    PeopleService(db::Executor& db, PasswordHasher& passwords, PrincipalCache& principals) : db_(db), users_(db), passwords_(passwords), principals_(principals) {}

    /// Fails with `forbidden` (the role is above the caller's), `conflict` (the e-mail is taken), `rate_limited`.
    Task<db::UserRow> create(OpContext& op, schemas::UserCreate in);

    /// Suspension ends the user's sessions; it and every change of role hold at once. Fails with `not_found`, `forbidden`, `conflict` (the last owner, or a
    /// change at the same moment), `precondition_failed` (the user's last change is not `expected`).
    Task<db::UserRow> update(OpContext& op, Uuid id, schemas::UserUpdate in, std::optional<Timestamp> expected = {});

    /// As update(). The user's sessions, API keys and open invitations end.
    Task<> remove(OpContext& op, Uuid id, std::optional<Timestamp> expected = {});

    /// Replaces an open invitation to the same e-mail. Fails with `forbidden`, `conflict` when the user exists.
    Task<schemas::Invitation> invite(OpContext& op, schemas::InviteRequest in);

private:
    Task<db::UserRow> find(OpContext& op, Uuid id, std::optional<Timestamp> expected);
    Awaitable<Error> refused(OpContext& op, db::UserRow seen, std::optional<Timestamp> expected, Error error);

    db::Executor& db_;
    db::UserRepository users_;
    PasswordHasher& passwords_;
    PrincipalCache& principals_;
};

/// Whether somebody of role `actor` may make, change or remove a user of role `subject`.
bool may_manage(Role actor, Role subject);

}  // namespace agentic::auth
