#pragma once
// The services of accounts over a fresh SQLite database and a clock that tests move.
#include <gtest/gtest.h>

#include <string>

#include "core/log.hpp"
#include "services/accounts.hpp"
#include "services/accounts_api_keys.hpp"
#include "services/accounts_people.hpp"
#include "services/authenticator_tokens.hpp"
#include "services/platform_admin.hpp"
#include "support/co_test.hpp"
#include "support/database.hpp"

namespace agentic::auth::test {

inline constexpr auto kPassword = "a long enough secret";
inline constexpr auto kAddress = "192.0.2.1";

template <class T>
ErrorCode code_of(const Result<T>& result) { return result ? ErrorCode::internal_error : result.error().code; }

/// `EXPECT_EQ(refusal(x), "not_authenticated")`; "" for success.
template <class T>
std::string refusal(const Result<T>& result) { return result ? "" : std::string(to_string(result.error().code)); }

struct Fixture {
    explicit Fixture(AccountConfig config = {}, ThrottleConfig limits = {}) : throttle(limits, clock), accounts(*database, passwords, tokens, principals, throttle, std::move(config)) {
        log::set_level(log::Level::error);
    }

    agentic::test::FakeClock clock;
    agentic::test::TestDatabase database;
    PasswordHasher passwords{{.bcrypt_cost = 4, .threads = 2, .queue_limit = 1000}};
    AccessTokens tokens = *AccessTokens::create({.secret = Secret("0123456789abcdef0123456789abcdef")});
    PrincipalCache principals{clock};
    LoginThrottle throttle;
    TokenAuthenticator authenticator{*database, tokens, principals, clock};
    AccountService accounts;
    PeopleService people{*database, passwords, principals};
    ApiKeyService api_keys{*database, principals};
    PlatformAdminService platform{*database, passwords, principals, clock};

    OpContext anonymous() { return {"test", {}, Authenticator::anonymous_scope(), clock, {}}; }

    Task<schemas::Session> registered(std::string slug, std::string email = "owner@example.com", std::string password = kPassword) {
        auto op = anonymous();
        co_return co_await accounts.register_tenant(op, {.tenant_name = slug, .tenant_slug = slug, .email = std::move(email), .password = std::move(password)});
    }
    Task<schemas::Session> login(std::string email, std::string password = kPassword, std::optional<std::string> tenant = {}, std::string address = kAddress) {
        auto op = anonymous();
        co_return co_await accounts.login(op, {std::move(email), std::move(password), std::move(tenant)}, std::move(address));
    }
    Task<schemas::Session> refreshed(std::string token) {
        auto op = anonymous();
        co_return co_await accounts.refresh(op, std::move(token));
    }
    /// Who the bearer is, as the server would say it.
    Task<Authenticated> bearer(std::string token) {
        if (auto known = authenticator.cached("Bearer " + token, "")) co_return *std::move(known);
        co_return co_await authenticator.authenticate("Bearer " + token, "");
    }
    Task<Authenticated> key_header(std::string key) {
        if (auto known = authenticator.cached("", key)) co_return *std::move(known);
        co_return co_await authenticator.authenticate("", std::move(key));
    }
    Task<OpContext> as(std::string token) {
        AGENTIC_CO_TRY(auto who, co_await bearer(std::move(token)));
        co_return OpContext{"test", who.principal, who.tenant, clock, {}};
    }
    /// A user of `session`'s tenant, signed in.
    Task<schemas::Session> member(schemas::Session owner, std::string email, Role role) {
        AGENTIC_CO_TRY(auto op, co_await as(owner.access_token));
        AGENTIC_CO_CHECK(co_await people.create(op, {.email = email, .password = kPassword, .role = role}));
        co_return co_await login(email, kPassword);
    }
};

}  // namespace agentic::auth::test
