#include "services/runs/run_gate.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <vector>

#include "async/task_group.hpp"
#include "services/runs/turn_locks.hpp"
#include "support/co_test.hpp"

namespace agentic::services {
namespace {

using namespace std::chrono_literals;

constexpr auto kForever = std::chrono::steady_clock::time_point::max();
Uuid id_of(std::uint8_t number) { return Uuid(Uuid::Bytes{number}); }
Awaitable<void> settle() {
    for (int i = 0; i < 20; ++i) co_await asio::post(co_await asio::this_coro::executor, asio::use_awaitable_t<IoExecutor>{});
}

Awaitable<void> visit(RunGate& gate, Uuid tenant, std::vector<Uuid>& order) {
    auto permit = co_await gate.enter(tenant, kForever);
    order.push_back(tenant);
    co_await settle();
}

AGENTIC_CO_TEST(RunGate, ServesWaitingTenantsInTurn) {
    RunGate gate({.running_max = 1});
    async::TaskGroup group("test");
    std::vector<Uuid> order;
    auto first = gate.try_enter(id_of(9));
    const auto home = co_await asio::this_coro::executor;
    for (int i = 0; i < 4; ++i) group.spawn(home, visit(gate, id_of(1), order));
    for (int i = 0; i < 2; ++i) group.spawn(home, visit(gate, id_of(2), order));
    co_await settle();
    EXPECT_EQ(gate.waiting(), 6U);
    EXPECT_FALSE(gate.try_enter(id_of(3)).has_value());
    first.reset();
    co_await group.join();
    EXPECT_EQ(order, (std::vector<Uuid>{id_of(1), id_of(2), id_of(1), id_of(2), id_of(1), id_of(1)}));
    EXPECT_EQ(gate.running(), 0U);
}

AGENTIC_CO_TEST(RunGate, ATenantAtItsCapDoesNotHoldUpOthers) {
    RunGate gate({.running_max = 10, .running_per_tenant_max = 1});
    auto first = gate.try_enter(id_of(1));
    EXPECT_FALSE(gate.try_enter(id_of(1)).has_value());
    EXPECT_TRUE(gate.try_enter(id_of(2)).has_value());
    EXPECT_FALSE((co_await gate.enter(id_of(1), std::chrono::steady_clock::now() + 5ms)).has_value());
    EXPECT_EQ(gate.waiting(), 0U);
    first.reset();
    EXPECT_TRUE((co_await gate.enter(id_of(1), kForever)).has_value());
}

AGENTIC_CO_TEST(TurnLocks, GiveTheTurnInTheOrderOfAsking) {
    TurnLocks locks;
    const auto home = co_await asio::this_coro::executor;
    auto turn = locks.try_take(id_of(1));
    EXPECT_FALSE(locks.try_take(id_of(1)).has_value());
    EXPECT_TRUE(locks.try_take(id_of(2)).has_value());
    auto second = locks.queue(id_of(1), home, 2);
    auto third = locks.queue(id_of(1), home, 2);
    EXPECT_FALSE(locks.queue(id_of(1), home, 2).has_value());
    turn.reset();
    EXPECT_FALSE((co_await third->wait(std::chrono::steady_clock::now() + 5ms)).has_value());
    EXPECT_FALSE(locks.try_take(id_of(1)).has_value());
    turn = co_await second->wait(kForever);
    EXPECT_TRUE(turn.has_value());
    turn.reset();
    EXPECT_TRUE((co_await third->wait(kForever)).has_value());
    EXPECT_TRUE(locks.try_take(id_of(1)).has_value());
}

AGENTIC_CO_TEST(TurnLocks, APlaceThatIsLeftPassesTheTurnOn) {
    TurnLocks locks;
    const auto home = co_await asio::this_coro::executor;
    auto turn = locks.try_take(id_of(1));
    auto second = locks.queue(id_of(1), home, 9);
    auto third = locks.queue(id_of(1), home, 9);
    auto fourth = locks.queue(id_of(1), home, 9);
    third.reset();   // before its turn
    turn.reset();    // grants the second
    second.reset();  // after its turn was granted, before it knew
    EXPECT_TRUE((co_await fourth->wait(kForever)).has_value());
    fourth.reset();
    EXPECT_TRUE(locks.try_take(id_of(1)).has_value());
}

}  // namespace
}  // namespace agentic::services
