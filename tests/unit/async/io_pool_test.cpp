#include "async/io_pool.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <future>
#include <stdexcept>

#include "async/offload.hpp"
#include "async/work_pool.hpp"

namespace agentic::async {
namespace {

TEST(IoPool, RunsEachLoopOnItsOwnThread) {
    IoPool pool("io", 3);
    pool.start();
    pool.start();   // idempotent
    EXPECT_EQ(IoPool::current(), std::nullopt);
    for (std::size_t i = 0; i < pool.size(); ++i) {
        std::promise<std::optional<std::size_t>> seen;
        asio::post(pool.executor(i), [&] { seen.set_value(IoPool::current()); });
        EXPECT_EQ(seen.get_future().get(), i);
    }
    pool.stop();
    pool.stop();
    EXPECT_FALSE(pool.running());
}

TEST(IoPool, SurvivesAnExceptionOfACompletionHandler) {
    IoPool pool("io", 1);
    pool.start();
    asio::post(pool.executor(0), [] { throw std::runtime_error("a bug"); });
    std::promise<void> after;
    asio::post(pool.executor(0), [&] { after.set_value(); });
    after.get_future().get();
}

TEST(IoPool, HasAtLeastOneLoop) { EXPECT_EQ(IoPool("io", 0).size(), 1U); }

// Spawned on loop 0: works on the pool, comes home, tells where it has been.
Awaitable<std::pair<std::optional<std::size_t>, std::optional<std::size_t>>> there_and_back(WorkPool& pool) {
    const auto there = co_await offload(pool, [] { return IoPool::current(); });
    co_return std::pair{*there, IoPool::current()};
}

TEST(Offload, WorksOnThePoolAndResumesAtHome) {
    IoPool io("io", 1);
    WorkPool pool("work", 2, 64);
    io.start();
    for (int i = 0; i < 200; ++i) {
        std::promise<std::pair<std::optional<std::size_t>, std::optional<std::size_t>>> seen;
        asio::co_spawn(io.executor(0), there_and_back(pool), [&](const std::exception_ptr&, auto result) { seen.set_value(result); });
        const auto [there, back] = seen.get_future().get();
        EXPECT_EQ(there, std::nullopt);
        EXPECT_EQ(back, std::size_t{0});
    }
}

TEST(WorkPool, OfTheBackgroundYieldsAndNoOtherDoes) {
    for (const auto priority : {Priority::normal, Priority::background}) {
        WorkPool pool("work", 1, 4, priority);
        std::promise<int> niceness;
        ASSERT_TRUE(pool.submit([&] { niceness.set_value(::getpriority(PRIO_PROCESS, 0)); }));
        const int mine = ::getpriority(PRIO_PROCESS, 0);
        const int seen = niceness.get_future().get();
        if (priority == Priority::normal) EXPECT_EQ(seen, mine);
        else EXPECT_GT(seen, mine);
    }
}

Awaitable<ErrorCode> refused_by(WorkPool& full) {
    const auto result = co_await offload(full, [] { return 1; });
    co_return result ? ErrorCode::internal_error : result.error().code;
}

TEST(Offload, SaysUnavailableWhenTheQueueIsFull) {
    IoPool io("io", 1);
    WorkPool pool("work", 1, 0);
    io.start();
    std::promise<ErrorCode> seen;
    asio::co_spawn(io.executor(0), refused_by(pool), [&](const std::exception_ptr&, ErrorCode code) { seen.set_value(code); });
    EXPECT_EQ(seen.get_future().get(), ErrorCode::unavailable);
}

Awaitable<void> throwing(WorkPool& pool) {
    (void)co_await offload(pool, []() -> int { throw std::runtime_error("inside"); });
}

TEST(Offload, BringsExceptionsHome) {
    IoPool io("io", 1);
    WorkPool pool("work", 1, 4);
    io.start();
    std::promise<std::exception_ptr> seen;
    asio::co_spawn(io.executor(0), throwing(pool), [&](const std::exception_ptr& failure) { seen.set_value(failure); });
    EXPECT_THROW(std::rethrow_exception(seen.get_future().get()), std::runtime_error);
}

}  // namespace
}  // namespace agentic::async
