#pragma once
// The services of accounts over a database and a clock that tests move.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <string>
#include <vector>

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

/// `EXPECT_EQ(refusal(x), "not_authenticated")`; "" for success.
template <class T>
std::string refusal(const Result<T>& result) { return result ? "" : std::string(to_string(result.error().code)); }

/// Over anybody's database.
struct Accounts {
    explicit Accounts(db::Executor& database, AccountConfig config = {}, ThrottleConfig limits = {}) : executor(database), throttle(limits, clock), config_(std::move(config)) {
        log::set_level(log::Level::error);
    }

    db::Executor& executor;
    agentic::test::FakeClock clock;
    PasswordHasher passwords{{.bcrypt_cost = 4, .threads = 2, .queue_limit = 1000}};
    AccessTokens tokens = *AccessTokens::create({.secret = Secret("0123456789abcdef0123456789abcdef")});
    PrincipalCache principals{clock};
    LoginThrottle throttle;

private:
    AccountConfig config_;

public:
    TokenAuthenticator authenticator{executor, tokens, principals, clock};
    AccountService accounts{executor, passwords, tokens, principals, throttle, std::move(config_)};
    PeopleService people{executor, passwords, principals};
    ApiKeyService api_keys{executor, principals};
    PlatformAdminService platform{executor, passwords, principals, clock};

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

/// Over a fresh SQLite database.
struct OwnDatabase {
    agentic::test::TestDatabase database;
};
struct Fixture : OwnDatabase, Accounts {
    explicit Fixture(AccountConfig config = {}, ThrottleConfig limits = {}) : Accounts(*database, std::move(config), limits) {}
};

/// Starts `count` tasks at once on the test's own loop and waits for all of them.
template <class Make>
auto all_at_once(int count, Make make) -> Awaitable<std::vector<typename std::invoke_result_t<Make, int>::value_type>> {
    using Outcome = typename std::invoke_result_t<Make, int>::value_type;
    std::vector<Outcome> out;
    auto executor = co_await asio::this_coro::executor;
    asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, IoExecutor> done(executor, std::chrono::steady_clock::time_point::max());
    for (int i = 0; i < count; ++i)
        asio::co_spawn(executor, make(i), [&, count](std::exception_ptr failure, Outcome result) {
            EXPECT_FALSE(failure);
            out.push_back(std::move(result));
            if (static_cast<int>(out.size()) == count) done.cancel();
        });
    boost::system::error_code cancelled;
    co_await done.async_wait(asio::redirect_error(asio::use_awaitable_t<IoExecutor>(), cancelled));
    co_return out;
}

template <class Outcomes>
auto successes(const Outcomes& outcomes) { return std::ranges::count_if(outcomes, [](const auto& one) { return one.has_value(); }); }

}  // namespace agentic::auth::test
