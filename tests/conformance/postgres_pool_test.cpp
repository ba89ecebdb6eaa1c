// The pool of connections under cancellation, lost connections and an absent server.
#include <boost/asio/cancel_after.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <random>
#include <set>

#include "async/wakeup.hpp"
#include "conformance/harness.hpp"

namespace agentic::db::conformance {
namespace {

const Statement kNap{.name = "nap", .sqlite = {}, .postgres = "SELECT CAST($1 AS BIGINT) AS n, CAST(pg_sleep(CAST($2 AS DOUBLE PRECISION)) AS TEXT) AS slept"};
const Statement kSlowPid{.name = "slow_pid", .sqlite = {}, .postgres = "SELECT pg_backend_pid() AS pid, CAST(pg_sleep(CAST($1 AS DOUBLE PRECISION)) AS TEXT) AS slept"};
const Statement kPid{.name = "pid", .sqlite = {}, .postgres = "SELECT pg_backend_pid() AS pid"};

postgres::Options small_pool(std::size_t size, std::size_t overflow = 0) {
    postgres::Options options;
    options.pool_size = size;
    options.max_overflow = overflow;
    options.acquire_timeout = std::chrono::milliseconds(300);
    options.statement_timeout = std::chrono::milliseconds(2'000);
    options.connect_timeout = std::chrono::milliseconds(1'000);
    return options;
}

class PostgresPool : public testing::Test {
public:
    void SetUp() override { AGENTIC_NEEDS_POSTGRES(); }

    static Awaitable<void> sleep_ms(int ms) {
        async::SteadyTimer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(ms));
        co_await timer.async_wait(asio::use_awaitable_t<IoExecutor>());
    }
    static Awaitable<void> echo(postgres::Database& db, std::int64_t n, double nap_s, std::atomic<int>& wrong, std::atomic<int>& answered) {
        const auto rows = co_await db.query(everyone(), kNap, {n, nap_s});
        if (!rows) co_return;
        ++answered;
        if (rows->integer(0, 0) != n) ++wrong;
    }
    test::TestPostgres server{notes_migrations(), small_pool(2, 1)};
};

/// A cancelled call must not leave its reply to the next borrower of the connection.
TEST_F(PostgresPool, CancelledCallsNeverCrossReplies) {
    std::atomic<int> wrong{0};
    std::atomic<int> answered{0};
    std::atomic<int> cancelled{0};
    run_on_threads(2, 1, [&](int thread) -> Awaitable<void> {
        std::mt19937 random(static_cast<unsigned>(thread));
        const auto executor = co_await asio::this_coro::executor;
        for (int i = 0; i < 400; ++i) {
            const auto limit = std::chrono::microseconds(random() % 3000);
            try {
                co_await asio::co_spawn(executor, echo(*server, thread * 10'000 + i, 0.001, wrong, answered), asio::cancel_after(limit, asio::use_awaitable_t<IoExecutor>()));
            } catch (const boost::system::system_error&) {
                ++cancelled;
            }
            co_await echo(*server, -i, 0, wrong, answered);
        }
    });
    EXPECT_EQ(wrong, 0);
    EXPECT_GT(answered, 400);
    EXPECT_GT(cancelled, 20);
}

TEST_F(PostgresPool, WaitsInLineForALimitedTime) {
    std::atomic<int> served{0};
    std::atomic<int> refused{0};
    run_on_threads(1, 9, [&](int) -> Awaitable<void> {
        const auto rows = co_await server->query(everyone(), kNap, {1, 0.25});  // three connections: three at once, three after 250 ms, three give up
        if (rows) {
            ++served;
        } else {
            EXPECT_EQ(rows.error().code, ErrorCode::unavailable);
            EXPECT_GT(rows.error().retry_after_s, 0);
            ++refused;
        }
    });
    EXPECT_EQ(served + refused, 9);
    EXPECT_GE(served, 3);
    EXPECT_GE(refused, 1);
}

/// The loop is kept busy, so that a waiter's first patience runs out and a connection is handed to it before it hears of either.
TEST_F(PostgresPool, HandOverAtTheEndOfPatienceIsNotMissed) {
    using Clock = std::chrono::steady_clock;
    auto options = small_pool(1);
    options.acquire_timeout = std::chrono::milliseconds(3'000);
    test::TestPostgres alone{notes_migrations(), options};
    auto longest = Clock::duration::zero();
    test::run_coroutine([&] { return [](postgres::Database& db, Clock::duration& worst) -> Awaitable<void> {
        const auto executor = co_await asio::this_coro::executor;
        for (int round = 0; round < 40; ++round) {
            int running = 3;
            const auto ended = [&running](const std::exception_ptr&) { --running; };
            asio::co_spawn(executor, [](postgres::Database& database, double nap_s) -> Awaitable<void> {
                co_await database.query(everyone(), kNap, {1, nap_s});
            }(db, 0.010 + 0.0005 * round), ended);
            asio::co_spawn(executor, [](postgres::Database& database, Clock::duration& slowest) -> Awaitable<void> {
                const auto began = Clock::now();
                EXPECT_TRUE((co_await database.ping()).has_value());
                slowest = std::max(slowest, Clock::now() - began);
            }(db, worst), ended);
            asio::co_spawn(executor, []() -> Awaitable<void> {
                const auto until = Clock::now() + std::chrono::milliseconds(50);
                while (Clock::now() < until) {
                    std::this_thread::sleep_for(std::chrono::milliseconds(3));
                    co_await asio::post(asio::use_awaitable_t<IoExecutor>());
                }
            }(), ended);
            while (running > 0) co_await sleep_ms(1);
        }
    }(*alone, longest); });
    EXPECT_LT(longest, options.acquire_timeout / 2);
}

TEST_F(PostgresPool, UsesOneConnectionWhenOneIsEnough) {
    test::run_coroutine([this] { return [](PostgresPool& self) -> Awaitable<void> {
        const auto first = (co_await self.server->query(everyone(), kPid, {}))->integer(0, 0);
        for (int i = 0; i < 5; ++i) EXPECT_EQ((co_await self.server->query(everyone(), kPid, {}))->integer(0, 0), first);
    }(*this); });
}

/// An overflow connection that were closed at once would be opened again for the next call.
TEST_F(PostgresPool, KeepsOverflowConnectionsWhileTheyAreUsed) {
    std::set<std::int64_t> pids;
    test::run_coroutine([&] { return [](PostgresPool& self, std::set<std::int64_t>& seen) -> Awaitable<void> {
        const auto executor = co_await asio::this_coro::executor;
        int running = 0;
        for (int round = 0; round < 4; ++round) {
            for (; running < 3; ++running) {
                asio::co_spawn(executor, [](PostgresPool& pool, std::set<std::int64_t>& pids_seen) -> Awaitable<void> {
                    const auto rows = co_await pool.server->query(everyone(), kSlowPid, {0.08});
                    if (rows) pids_seen.insert(rows->integer(0, 0));
                }(self, seen), [&running](const std::exception_ptr&) { --running; });
            }
            while (running > 0) co_await sleep_ms(2);
        }
    }(*this, pids); });
    EXPECT_EQ(pids.size(), 3U);  // the overflow connection of the first round served the others too
}

TEST_F(PostgresPool, ReplacesConnectionThatTheServerEnded) {
    test::run_coroutine([this] { return [](PostgresPool& self) -> Awaitable<void> {
        for (int i = 0; i < 3; ++i) {
            const auto pid = (co_await self.server->query(everyone(), kPid, {}))->integer(0, 0);
            auto raw = self.server.raw();
            raw.run("SELECT pg_terminate_backend(" + std::to_string(pid) + ", 2000)");
            const auto next = co_await self.server->query(everyone(), kPid, {});
            EXPECT_TRUE(next.has_value()) << context_of(next);  // seen while it lay idle: nobody notices
            EXPECT_NE(next->integer(0, 0), pid);
        }
    }(*this); });
}

TEST_F(PostgresPool, ConnectionLostInTheMiddleIsUnavailable) {
    test::run_coroutine([this] { return [](PostgresPool& self) -> Awaitable<void> {
        const auto pid = (co_await self.server->query(everyone(), kPid, {}))->integer(0, 0);
        std::jthread killer([&self, pid] {
            auto raw = self.server.raw();
            while (raw.run("SELECT 1 FROM pg_stat_activity WHERE pid = " + std::to_string(pid) + " AND query LIKE '%pg_sleep%' AND state = 'active'").empty()) {}
            raw.run("SELECT pg_terminate_backend(" + std::to_string(pid) + ")");
        });
        EXPECT_EQ(error_of(co_await self.server->query(everyone(), kNap, {1, 1.5})), ErrorCode::unavailable);
        EXPECT_TRUE((co_await self.server->ping()).has_value());
    }(*this); });
}

TEST_F(PostgresPool, AbsentServerIsUnavailableAtOnce) {
    auto options = small_pool(2);
    options.url = "postgresql://postgres@127.0.0.1:1/nowhere";
    test::run_coroutine([options] { return [](postgres::Options nowhere) -> Awaitable<void> {
        postgres::Database database(nowhere);
        const auto started = std::chrono::steady_clock::now();
        for (int i = 0; i < 20; ++i) {
            const auto failed = co_await database.ping();
            EXPECT_EQ(error_of(failed), ErrorCode::unavailable);
            EXPECT_GT(failed.error().retry_after_s, 0);
        }
        EXPECT_LT(std::chrono::steady_clock::now() - started, std::chrono::seconds(2));
    }(options); });
}

TEST_F(PostgresPool, RecoversWhenTheServerComesBack) {
    test::run_coroutine([this] { return [](PostgresPool& self) -> Awaitable<void> {
        const auto name = self.server.name();
        test::RawPostgres admin(test::postgres_url());
        admin.run("ALTER DATABASE " + name + " ALLOW_CONNECTIONS false");
        admin.run("SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity WHERE datname = '" + name + "'");
        EXPECT_EQ(error_of(co_await self.server->ping()), ErrorCode::unavailable);
        admin.run("ALTER DATABASE " + name + " ALLOW_CONNECTIONS true");
        bool back = false;
        for (int i = 0; i < 50 && !back; ++i) {
            co_await sleep_ms(50);
            back = (co_await self.server->ping()).has_value();
        }
        EXPECT_TRUE(back);
    }(*this); });
}

TEST_F(PostgresPool, StatementSurvivesASchemaChangeUnderIt) {
    const Statement star{.name = "star", .sqlite = {}, .postgres = "SELECT * FROM notes", .writes = false, .cross_tenant = true};
    test::run_coroutine([this, &star] { return [](PostgresPool& self, const Statement& statement) -> Awaitable<void> {
        EXPECT_TRUE((co_await self.server->query(everyone(), statement, {})).has_value());
        self.server.raw().run("ALTER TABLE notes ADD COLUMN extra TEXT");
        EXPECT_EQ(error_of(co_await self.server->query(everyone(), statement, {})), ErrorCode::unavailable);  // the cached plan; the connection is replaced
        EXPECT_TRUE((co_await self.server->query(everyone(), statement, {})).has_value());
    }(*this, star); });
}

TEST(PostgresUrl, DropsTheDriverOfTheScheme) {
    EXPECT_EQ(postgres::libpq_url("postgresql+asyncpg://u:p+x@h/db"), "postgresql://u:p+x@h/db");
    EXPECT_EQ(postgres::libpq_url("postgres://u@h/db"), "postgres://u@h/db");
    EXPECT_EQ(postgres::libpq_url("postgresql://u:a+b@h/db"), "postgresql://u:a+b@h/db");
}

}  // namespace
}  // namespace agentic::db::conformance
