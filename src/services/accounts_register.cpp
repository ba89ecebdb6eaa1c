#include "core/log.hpp"
#include "schemas/password_rules.hpp"
#include "services/accounts.hpp"

namespace agentic::auth {

namespace {

std::unexpected<Error> closed() { return fail(ErrorCode::forbidden, "Registration is closed"); }

db::UserRow new_user(Timestamp now, std::string email, std::string hash, Role role, std::optional<std::string> first_name, std::optional<std::string> last_name) {
    return {.id = make_uuid_v7(now.unix_ms()), .email = std::move(email), .password_hash = std::move(hash), .first_name = std::move(first_name),
            .last_name = std::move(last_name), .role = role, .permissions = {"[]"}, .created_at = now, .updated_at = now};
}

/// Which unique rule a conflict broke is in its internal context, as a constraint's name (PostgreSQL) or as columns (SQLite).
bool is_conflict_of(const Error& error, std::string_view word) { return error.code == ErrorCode::conflict && error.internal_context.contains(word); }

}  // namespace

std::string slug_of(std::string_view name) {
    std::string out;
    for (const char c : name) {
        const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        const bool keeps = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
        if (keeps) out += lower;
        else if (!out.empty() && out.back() != '-') out += '-';
    }
    if (out.size() > 63) out.resize(63);
    while (!out.empty() && out.back() == '-') out.pop_back();
    return out.empty() ? "tenant" : out;
}

/// Whether the caller would be the first; an error when they may not register. Decided for good by the batch that follows.
Task<bool> AccountService::may_register(std::string setup_token) {
    if (config_.registration == Registration::closed) co_return closed();
    AGENTIC_CO_TRY(const bool is_installed, co_await tenants_.is_installed());
    if (is_installed && config_.registration == Registration::first) co_return closed();
    if (!is_installed && !config_.setup_token.empty() && !secrets_equal(setup_token, config_.setup_token.reveal()))
        co_return fail(ErrorCode::forbidden, "The first registration needs the set-up token: the value of SETUP_TOKEN, which the operator knows");
    co_return !is_installed;
}

Task<schemas::Session> AccountService::register_tenant(OpContext& op, schemas::RegisterRequest in) {
    AGENTIC_CO_TRY(bool is_first, co_await may_register(std::move(in.setup_token).value_or("")));
    AGENTIC_CO_TRY(auto hash, co_await passwords_.hash(Secret(std::move(in.password))));
    const auto now = op.clock.now();
    db::TenantRow row{.id = make_uuid_v7(now.unix_ms()), .name = std::move(in.tenant_name), .limits = {"{}"}, .settings = {"{}"}, .region = config_.region, .created_at = now, .updated_at = now};
    row.slug = in.tenant_slug ? *std::move(in.tenant_slug) : slug_of(row.name);
    const auto tenant = TenantScope::system(row.id, "a tenant is being registered");
    const auto owner = new_user(now, std::move(in.email), std::move(hash), Role::owner, std::move(in.first_name), std::move(in.last_name));
    const auto session = new_session(now);

    while (true) {
        row.plan_type = is_first ? "enterprise" : "free";
        db::Batch steps;
        steps.push_back(is_first ? db::TenantRepository::claim_installation(now) : db::TenantRepository::mark_installation(now));
        steps.push_back(db::TenantRepository::insert(row));
        steps.push_back(db::UserRepository::insert(tenant, owner));
        add_session(steps, tenant, owner.id, session, now);
        auto done = co_await db_.batch(tenant, std::move(steps));
        if (done) break;
        if (is_conflict_of(done.error(), "slug"))
            co_return fail(ErrorCode::conflict, "The tenant slug '" + row.slug + "' is taken; choose another", done.error().internal_context);
        if (!is_first || !is_conflict_of(done.error(), "installation")) co_return std::unexpected(std::move(done).error());
        if (config_.registration == Registration::first) co_return closed();  // somebody else was first meanwhile
        is_first = false;
    }
    log::info("tenant_registered", "A tenant was registered", {{"tenant_id", row.id.to_string()}, {"slug", row.slug}, {"user_id", owner.id.to_string()}});
    co_return answer({owner.id, owner.email, owner.role, row.id}, session, now);
}

Task<schemas::Session> AccountService::accept_invite(OpContext& op, schemas::AcceptInvite in) {
    const auto refused = [] { return fail(ErrorCode::not_authenticated, "The invitation is not valid any more"); };
    const auto now = op.clock.now();
    auto invitation = co_await invitations_.find(secret_hash(in.token));
    if (!invitation && invitation.error().code == ErrorCode::not_found) co_return refused();
    if (!invitation) co_return std::unexpected(std::move(invitation).error());
    if (invitation->accepted_at || invitation->expires_at <= now || invitation->tenant_status != TenantStatus::active) co_return refused();
    Violations violations;
    schemas::check_password_is_not_email("password", in.password, invitation->email, violations);
    if (!violations.empty()) co_return fail_validation(std::move(violations));

    AGENTIC_CO_TRY(auto hash, co_await passwords_.hash(Secret(std::move(in.password))));
    const auto tenant = TenantScope::system(invitation->tenant_id, "the invitation is the proof");
    const auto user = new_user(now, invitation->email, std::move(hash), invitation->role, std::move(in.first_name), std::move(in.last_name));
    const auto session = new_session(now);
    db::Batch steps;
    steps.push_back(db::InvitationRepository::accept(tenant, invitation->id, now));
    steps.push_back(db::UserRepository::insert(tenant, user));
    add_session(steps, tenant, user.id, session, now);
    auto done = co_await db_.batch(tenant, std::move(steps));
    if (!done && is_conflict_of(done.error(), "email")) co_return fail(ErrorCode::conflict, "There is a user with this e-mail already", done.error().internal_context);
    if (!done) co_return std::unexpected(std::move(done).error());
    co_return answer({user.id, user.email, user.role, invitation->tenant_id}, session, now);
}

}  // namespace agentic::auth
