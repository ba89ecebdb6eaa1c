#include "services/accounts_people.hpp"

#include <chrono>

#include "core/log.hpp"
#include "core/random.hpp"
#include "db/repositories/invitations.hpp"
#include "db/repositories/sessions.hpp"
#include "db/repositories/tenants.hpp"
#include "services/tokens.hpp"

namespace agentic::auth {

namespace {

constexpr std::chrono::hours kInvitationLifetime{7 * 24};

std::unexpected<Error> above_own_role() { return fail(ErrorCode::forbidden, "Your role does not allow this for users of that role"); }
std::unexpected<Error> email_taken(std::string context = {}) { return fail(ErrorCode::conflict, "There is a user with this e-mail already", std::move(context)); }

void apply(schemas::UserUpdate& change, db::UserRow& row) {
    if (change.role) row.role = *change.role;
    if (change.status) row.status = *change.status;
    if (change.first_name) row.first_name = *std::move(change.first_name);
    if (change.last_name) row.last_name = *std::move(change.last_name);
}

void log_change(std::string_view event, std::string_view message, const OpContext& op, const Uuid& user) {
    log::info(event, message, {{"tenant_id", op.tenant.tenant_id().to_string()}, {"user_id", user.to_string()}, {"by", op.principal.user_id.to_string()}});
}

}  // namespace

bool may_manage(Role actor, Role subject) { return actor == Role::owner || (actor == Role::admin && subject != Role::owner); }

Task<db::UserRow> PeopleService::create(OpContext& op, schemas::UserCreate in) {
    if (!may_manage(op.principal.role, in.role)) co_return above_own_role();
    AGENTIC_CO_TRY(auto hash, co_await passwords_.hash(Secret(std::move(in.password))));
    const auto now = op.clock.now();
    db::UserRow row{.id = make_uuid_v7(now.unix_ms()), .tenant_id = op.tenant.tenant_id(), .email = std::move(in.email), .password_hash = std::move(hash),
                    .first_name = std::move(in.first_name), .last_name = std::move(in.last_name), .role = in.role, .permissions = {"[]"}, .created_at = now, .updated_at = now};
    db::Batch steps;
    steps.push_back(db::UserRepository::insert(op.tenant, row));
    auto done = co_await db_.batch(op.tenant, std::move(steps));
    if (!done && done.error().code == ErrorCode::conflict) co_return email_taken(done.error().internal_context);
    if (!done) co_return std::unexpected(std::move(done).error());
    log_change("user_created", "A user was created", op, row.id);
    co_return row;
}

Task<db::UserRow> PeopleService::find(OpContext& op, Uuid id, std::optional<Timestamp> expected) {
    AGENTIC_CO_TRY(auto row, co_await users_.find(op.tenant, id));
    if (expected && row.updated_at != *expected) co_return fail(ErrorCode::precondition_failed, "The user has changed since it was read");
    co_return row;
}

/// Why a write changed nothing: the user is not as expected, or not as seen, any more; else `error`, which speaks of the last owner.
Awaitable<Error> PeopleService::refused(OpContext& op, db::UserRow seen, std::optional<Timestamp> expected, Error error) {
    if (error.code != ErrorCode::conflict) co_return error;
    auto now = co_await find(op, seen.id, expected);
    if (!now) co_return std::move(now).error();
    if (now->updated_at == seen.updated_at) co_return error;
    co_return fail(ErrorCode::conflict, "The user was changed by somebody else meanwhile; try again").error();
}

Task<db::UserRow> PeopleService::update(OpContext& op, Uuid id, schemas::UserUpdate in, std::optional<Timestamp> expected) {
    AGENTIC_CO_TRY(auto row, co_await find(op, id, expected));
    const auto before = row;
    apply(in, row);
    const bool changes_access = row.role != before.role || row.status != before.status;
    if (!may_manage(op.principal.role, before.role) || !may_manage(op.principal.role, row.role)) co_return above_own_role();
    if (changes_access && id == op.principal.user_id) co_return fail(ErrorCode::forbidden, "You cannot change your own role or status");
    row.updated_at = op.clock.now();

    db::Batch steps;
    steps.push_back(db::TenantRepository::lock(op.tenant));
    steps.push_back(db::UserRepository::set_access(op.tenant, row, before));
    if (row.status != UserStatus::active) steps.push_back(db::SessionRepository::revoke_all(op.tenant, id, std::nullopt, row.updated_at));
    if (row.status != UserStatus::active || row.role < before.role) steps.push_back(db::InvitationRepository::drop_by(op.tenant, id));
    const auto done = co_await db_.batch(op.tenant, std::move(steps));
    if (!done) co_return std::unexpected(co_await refused(op, before, expected, done.error()));
    principals_.forget(op.tenant.tenant_id());
    if (changes_access) log_change("user_access_changed", "A user's role or status was changed", op, id);
    co_return db::UserRepository::row_of((*done)[1]);
}

Task<> PeopleService::remove(OpContext& op, Uuid id, std::optional<Timestamp> expected) {
    AGENTIC_CO_TRY(const auto row, co_await find(op, id, expected));
    if (!may_manage(op.principal.role, row.role)) co_return above_own_role();
    if (id == op.principal.user_id) co_return fail(ErrorCode::forbidden, "You cannot delete yourself");
    const auto now = op.clock.now();
    db::Batch steps;
    steps.push_back(db::TenantRepository::lock(op.tenant));
    steps.push_back(db::UserRepository::remove(op.tenant, row, now));
    steps.push_back(db::SessionRepository::revoke_all(op.tenant, id, std::nullopt, now));
    steps.push_back(db::InvitationRepository::drop_by(op.tenant, id));
    const auto done = co_await db_.batch(op.tenant, std::move(steps));
    if (!done) co_return std::unexpected(co_await refused(op, row, expected, done.error()));
    principals_.forget(op.tenant.tenant_id());
    log_change("user_deleted", "A user was deleted", op, id);
    co_return Result<void>();
}

Task<schemas::Invitation> PeopleService::invite(OpContext& op, schemas::InviteRequest in) {
    if (!may_manage(op.principal.role, in.role)) co_return above_own_role();
    AGENTIC_CO_TRY(const bool exists, co_await users_.exists(op.tenant, in.email));
    if (exists) co_return email_taken();
    const auto now = op.clock.now();
    const auto normalised = db::normalise_email(in.email);
    const db::InvitationRow row{.id = make_uuid_v7(now.unix_ms()), .tenant_id = op.tenant.tenant_id(), .email = std::move(in.email), .email_normalised = normalised,
                                .role = in.role, .expires_at = now.plus(kInvitationLifetime)};
    auto token = random_token(32);
    db::Batch steps;
    steps.push_back(db::InvitationRepository::drop_pending(op.tenant, normalised));
    steps.push_back(db::InvitationRepository::insert(op.tenant, row, secret_hash(token), op.principal.user_id, now));
    AGENTIC_CO_CHECK(co_await db_.batch(op.tenant, std::move(steps)));
    log_change("user_invited", "A user was invited", op, row.id);
    co_return schemas::Invitation{row.id, row.email, row.role, std::move(token), row.expires_at};
}

}  // namespace agentic::auth
