#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "async/wakeup.hpp"
#include "core/log.hpp"
#include "db/repositories/api_keys.hpp"
#include "schemas/password_rules.hpp"
#include "services/accounts.hpp"

namespace agentic::auth {

namespace {

constexpr std::int64_t kCandidatesMax = 5;  // each costs a password hash

/// Only for who has proved the password of each of them.
std::unexpected<Error> ambiguous(const std::vector<db::LoginCandidate>& matches) {
    std::string slugs;
    for (const auto& match : matches) slugs += (slugs.empty() ? "" : ", ") + match.tenant_slug;
    return fail_validation({{"tenant", "must name one of your tenants: " + slugs}});
}

bool may_sign_in(const db::LoginCandidate& user) { return user.status == UserStatus::active && user.tenant_status == TenantStatus::active; }

}  // namespace

Task<schemas::Session> AccountService::login(OpContext& op, schemas::LoginRequest in, std::string address) {
    const auto account = db::normalise_email(in.email);
    const Secret password(std::move(in.password));
    AGENTIC_CO_CHECK(throttle_.begin(account, address));
    const bool names_tenant = in.tenant.has_value();
    const auto started = op.clock.steady();
    auto matches = co_await matching(account, std::move(in.tenant), password);
    if (!matches) {
        throttle_.withdraw(account, address);  // it was us who could not check
        co_return std::unexpected(std::move(matches).error());
    }
    if (matches->empty()) {
        log::info("login_failed", "A sign-in failed", {{"address", address}, {"request_id", op.request_id}});
        if (!names_tenant) co_await hold_back(op.clock.steady() - started);
        co_return std::unexpected(db::login_refused());
    }
    throttle_.succeeded(account, address);
    if (matches->size() > 1) co_return ambiguous(*matches);
    co_return co_await sign_in(op, std::move(matches->front()), password);
}

/// The users whose password it is and who may sign in. Every candidate costs one hash, and so does having none.
Task<std::vector<db::LoginCandidate>> AccountService::matching(std::string account, std::optional<std::string> tenant_slug, Secret password) {
    AGENTIC_CO_TRY(auto candidates, co_await users_.candidates(std::move(account), std::move(tenant_slug), kCandidatesMax));
    std::vector<db::LoginCandidate> out;
    if (candidates.empty()) AGENTIC_CO_CHECK(co_await passwords_.verify(password, ""));
    for (auto& candidate : candidates) {
        AGENTIC_CO_TRY(const bool is_right, co_await passwords_.verify(password, candidate.password_hash));
        if (is_right && may_sign_in(candidate)) out.push_back(std::move(candidate));
    }
    co_return out;
}

/// In how many tenants an e-mail is costs as many hashes. So that nobody can tell by the time, every failure takes as long as the most costly one; a
/// timer costs nothing.
Awaitable<void> AccountService::hold_back(std::chrono::steady_clock::duration taken) const {
    async::SteadyTimer timer(co_await asio::this_coro::executor, kCandidatesMax * passwords_.hash_time() - taken);
    co_await timer.async_wait(asio::use_awaitable_t<IoExecutor>{});
}

Task<schemas::Session> AccountService::sign_in(OpContext& op, db::LoginCandidate user, Secret password) {
    const auto now = op.clock.now();
    const auto tenant = TenantScope::system(user.tenant_id, "the password is the proof");
    const auto session = new_session(now);
    db::Batch steps;
    auto hash = user.password_hash;
    if (passwords_.needs_rehash(hash)) {
        if (auto fresh = co_await passwords_.hash(std::move(password))) {  // else: next time
            steps.push_back(db::UserRepository::set_password(tenant, user.id, hash, *fresh, now));
            hash = *std::move(fresh);
        }
    }
    steps.push_back(db::UserRepository::touch_login(tenant, user.id, hash, now));
    add_session(steps, tenant, user.id, session, now);
    AGENTIC_CO_CHECK(co_await db_.batch(tenant, std::move(steps)));
    log::info("login_succeeded", "A user signed in", {{"tenant_id", user.tenant_id.to_string()}, {"user_id", user.id.to_string()}, {"request_id", op.request_id}});
    co_return answer({user.id, user.email, user.role, user.tenant_id}, session, now);
}

Task<> AccountService::change_password(OpContext& op, schemas::PasswordChange in, std::string address) {
    AGENTIC_CO_TRY(const auto user, co_await users_.find(op.tenant, op.principal.user_id));
    Violations violations;
    schemas::check_password_is_not_email("new_password", in.new_password, user.email, violations);
    if (!violations.empty()) co_return fail_validation(std::move(violations));

    const auto account = "change " + user.id.to_string();
    AGENTIC_CO_CHECK(throttle_.begin(account, address));
    auto is_right = co_await passwords_.verify(Secret(std::move(in.current_password)), user.password_hash);
    if (!is_right) {
        throttle_.withdraw(account, address);
        co_return std::unexpected(std::move(is_right).error());
    }
    if (!*is_right) co_return fail_validation({{"current_password", "must be the current password"}});
    throttle_.succeeded(account, address);

    AGENTIC_CO_TRY(const auto hash, co_await passwords_.hash(Secret(std::move(in.new_password))));
    const auto now = op.clock.now();
    db::Batch steps;
    steps.push_back(db::UserRepository::set_password(op.tenant, user.id, user.password_hash, hash, now));
    steps.push_back(db::SessionRepository::revoke_all(op.tenant, user.id, op.principal.session_id, now));
    steps.push_back(db::ApiKeyRepository::remove_all(op.tenant, user.id, now));
    AGENTIC_CO_CHECK(co_await db_.batch(op.tenant, std::move(steps)));
    principals_.forget(op.principal.tenant_id);
    log::info("password_changed", "A user changed the password", {{"tenant_id", user.tenant_id.to_string()}, {"user_id", user.id.to_string()}});
    co_return Result<void>();
}

}  // namespace agentic::auth
