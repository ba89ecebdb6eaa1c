#include "services/platform_admin.hpp"

#include "core/log.hpp"
#include "core/random.hpp"
#include "schema/rules.hpp"
#include "schemas/password_rules.hpp"
#include "services/authenticator_tokens.hpp"
#include "services/tokens.hpp"

namespace agentic::auth {

using namespace std::chrono_literals;

Task<Uuid> PlatformAdminService::create(std::string email, Secret password) {
    auto violations = schemas::password_violations("password", password.reveal(), email);
    if (!schema::is_email(email)) violations.push_back({"email", "must be an e-mail address"});
    if (!violations.empty()) co_return fail_validation(std::move(violations));
    AGENTIC_CO_TRY(auto hash, co_await passwords_.hash(std::move(password)));
    const auto now = clock_.now();
    const auto id = make_uuid_v7(now.unix_ms());
    AGENTIC_CO_CHECK(co_await admins_.insert({.id = id, .email = std::move(email), .password_hash = std::move(hash)}, now));
    log::info("platform_admin_created", "A platform administrator was created", {{"admin_id", id.to_string()}});
    co_return id;
}

Task<> PlatformAdminService::reset_password(std::string email, Secret password) {
    auto violations = schemas::password_violations("password", password.reveal(), email);
    if (!violations.empty()) co_return fail_validation(std::move(violations));
    AGENTIC_CO_TRY(const auto admin, co_await admins_.find_by_email(std::move(email)));
    AGENTIC_CO_TRY(auto hash, co_await passwords_.hash(std::move(password)));
    AGENTIC_CO_CHECK(co_await admins_.set_password(admin.id, std::move(hash), clock_.now()));
    principals_.forget(Uuid{});
    log::info("platform_admin_password_reset", "A platform administrator's password was reset", {{"admin_id", admin.id.to_string()}});
    co_return Result<void>();
}

Task<Secret> PlatformAdminService::issue_token(std::string email, std::chrono::seconds lifetime) {
    if (lifetime < 1min || lifetime > 30 * 24h) co_return fail_validation({{"lifetime", "must be one minute to 30 days"}});
    AGENTIC_CO_TRY(const auto admin, co_await admins_.find_by_email(std::move(email)));
    if (admin.status != UserStatus::active) co_return fail(ErrorCode::forbidden, "This account is suspended");
    const auto now = clock_.now();
    Secret token(std::string(kPlatformTokenMark) + random_token(32));
    AGENTIC_CO_CHECK(co_await admins_.insert_token(make_uuid_v7(now.unix_ms()), admin.id, secret_hash(token.reveal()), now, now.plus(lifetime)));
    log::info("platform_admin_token_issued", "A token of a platform administrator was issued", {{"admin_id", admin.id.to_string()}});
    co_return token;
}

}  // namespace agentic::auth
