#include "async/task_group.hpp"

#include <gtest/gtest.h>

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/this_coro.hpp>
#include <stdexcept>
#include <thread>

#include "async/shielded.hpp"
#include "async/wakeup.hpp"
#include "support/co_test.hpp"

namespace agentic::async {
namespace {

using namespace std::chrono_literals;

auto in(std::chrono::milliseconds delay) { return std::chrono::steady_clock::now() + delay; }

Awaitable<void> count_after(std::shared_ptr<Wakeup> start, int& done) {
    co_await start->wait(in(5s));
    ++done;
}
Awaitable<void> throwing() {
    throw std::runtime_error("on purpose");
    co_return;
}

AGENTIC_CO_TEST(TaskGroup, IsJoinedAfterItsLastTask) {
    TaskGroup group("test");
    const auto home = co_await asio::this_coro::executor;
    int done = 0;
    auto start = Wakeup::create(home);
    EXPECT_TRUE(group.spawn(home, count_after(start, done)));
    EXPECT_EQ(group.size(), 1U);
    start->ring();
    co_await group.join();
    EXPECT_EQ(done, 1);
    EXPECT_EQ(group.size(), 0U);
}

AGENTIC_CO_TEST(TaskGroup, RefusesWorkOnceClosed) {
    TaskGroup group("test");
    group.close();
    EXPECT_FALSE(group.spawn(co_await asio::this_coro::executor, throwing()));
    co_await group.join();
}

AGENTIC_CO_TEST(TaskGroup, SurvivesWhatItsTasksThrow) {
    TaskGroup group("test");
    group.spawn(co_await asio::this_coro::executor, throwing());
    co_await group.join();
    EXPECT_EQ(group.size(), 0U);
}

AGENTIC_CO_TEST(Shielded, FinishesItsTaskWhenTheWaiterIsCancelled) {
    const auto home = co_await asio::this_coro::executor;
    auto start = Wakeup::create(home), ended = Wakeup::create(home);
    int done = 0;
    asio::cancellation_signal stop;
    asio::co_spawn(home, shielded(count_after(start, done)), asio::bind_cancellation_slot(stop.slot(), [&](const std::exception_ptr&) { ended->ring(); }));
    EXPECT_FALSE(co_await ended->wait(in(20ms)));
    stop.emit(asio::cancellation_type::all);
    EXPECT_FALSE(co_await ended->wait(in(50ms)));
    EXPECT_EQ(done, 0) << "an unshielded wait would have ended here";
    start->ring();
    EXPECT_TRUE(co_await ended->wait(in(5s)));
    EXPECT_EQ(done, 1);
}

AGENTIC_CO_TEST(Wakeup, RemembersARingAndCountsSeveralAsOne) {
    auto wakeup = Wakeup::create(co_await asio::this_coro::executor);
    wakeup->ring();
    wakeup->ring();
    EXPECT_TRUE(co_await wakeup->wait(in(5s)));
    co_await wakeup->wait(in(1ms));
    EXPECT_FALSE(co_await wakeup->wait(in(1ms)));
}

AGENTIC_CO_TEST(Wakeup, IsRungFromAnotherThread) {
    auto wakeup = Wakeup::create(co_await asio::this_coro::executor);
    std::jthread ringer([wakeup] {
        std::this_thread::sleep_for(10ms);
        wakeup->ring();
    });
    EXPECT_TRUE(co_await wakeup->wait(in(5s)));
}

}  // namespace
}  // namespace agentic::async
