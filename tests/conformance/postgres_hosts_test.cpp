// Names of database servers are looked up without holding up the thread that asks.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "async/wakeup.hpp"
#include "conformance/harness.hpp"
#include "db/postgres/host_addresses.hpp"
#include "support/scripted_resolver.hpp"

namespace agentic::db::conformance {
namespace {

constexpr std::chrono::milliseconds kSlowness{600};

using Clock = std::chrono::steady_clock;

void script_names() {
    test::script_name("slow.test", {{}}, kSlowness);
    test::script_name("two.test", {{"127.0.0.1", "127.0.0.2"}});
}

std::string found(std::string url) {
    std::string text;
    script_names();
    test::run_coroutine([&] { return [](std::string asked, std::string& out) -> Awaitable<void> {
        const auto hosts = co_await postgres::resolve_hosts(co_await asio::this_coro::executor, asked, std::chrono::seconds(2));
        if (!hosts) out = "failed: " + hosts.error().internal_context;
        else if (*hosts) out = (*hosts)->hosts + " " + (*hosts)->addresses + " " + (*hosts)->ports;
    }(url, text); });
    return text;
}

TEST(PostgresHosts, NamesBecomeAllTheirAddresses) {
    EXPECT_EQ(found("postgresql://u@two.test:5433/db"), "two.test,two.test 127.0.0.1,127.0.0.2 5433,5433");
    EXPECT_EQ(found("postgresql://u@two.test,10.0.0.9:6000/db"), "two.test,two.test,10.0.0.9 127.0.0.1,127.0.0.2, ,,6000");
}

TEST(PostgresHosts, WhatNeedsNoNameServerIsLeftToLibpq) {
    for (const char* url : {"postgresql://u@127.0.0.1/db", "postgresql://u@[::1]/db", "postgresql:///db?host=/run/postgresql", "postgresql:///db",
                            "postgresql://u@two.test/db?hostaddr=127.0.0.3", "no url"}) {
        EXPECT_EQ(found(url), "") << url;
    }
}

TEST(PostgresHosts, NameThatNobodyKnowsIsUnavailable) { EXPECT_TRUE(found("postgresql://u@slow.test/db").starts_with("failed: connect: cannot find slow.test")); }

TEST(PostgresHosts, SlowNameServerHoldsNobodyUp) {
    script_names();
    asio::io_context context(1);
    auto longest = Clock::duration::zero();
    bool is_done = false;
    postgres::Options options;
    options.url = "postgresql://u@slow.test/db";
    postgres::Database database(options);
    asio::co_spawn(context, [](postgres::Database& db, bool& done) -> Awaitable<void> {
        EXPECT_EQ(error_of(co_await db.ping()), ErrorCode::unavailable);
        done = true;
    }(database, is_done), asio::detached);
    asio::co_spawn(context, [](Clock::duration& worst, bool& done) -> Awaitable<void> {
        while (!done) {
            const auto began = Clock::now();
            async::SteadyTimer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(1));
            co_await timer.async_wait(asio::use_awaitable_t<IoExecutor>());
            worst = std::max(worst, Clock::now() - began);
        }
    }(longest, is_done), asio::detached);
    context.run();
    EXPECT_LT(longest, kSlowness / 2);
}

}  // namespace
}  // namespace agentic::db::conformance
