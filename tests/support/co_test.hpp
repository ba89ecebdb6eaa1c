#pragma once
// AGENTIC_CO_TEST(Suite, SaysBehaviour) { ... co_await ...; } runs its body as a coroutine on an io_context, with a cap of ten seconds. Inside, use
// EXPECT_* only: ASSERT_* returns, which a coroutine cannot. AGENTIC_CO_TEST_P and _F pass the fixture as `self`.
#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <exception>
#include <memory>

#include "async/types.hpp"

namespace agentic::test {

inline constexpr std::chrono::seconds kCoTestMax{10};

/// Runs `task` to its end on an io_context of its own. A task that hangs fails the test and is left where it is: what it waits for may still
/// want to resume it.
inline void run_coroutine(auto make_task, std::chrono::steady_clock::duration max = kCoTestMax) {
    auto context = std::make_unique<asio::io_context>(1);
    std::exception_ptr failure;
    bool done = false;
    asio::co_spawn(context->get_executor(), make_task(), [&](std::exception_ptr thrown) {
        failure = thrown;
        done = true;
    });
    context->run_for(max);
    if (!done) {
        ADD_FAILURE() << "the coroutine did not finish in time";
        static_cast<void>(context.release());
        return;
    }
    if (failure) std::rethrow_exception(failure);
}

}  // namespace agentic::test

#define AGENTIC_CO_TEST(suite, name)                                                     \
    static ::agentic::Awaitable<void> suite##_##name##_body();                           \
    TEST(suite, name) { ::agentic::test::run_coroutine([] { return suite##_##name##_body(); }); } \
    static ::agentic::Awaitable<void> suite##_##name##_body()

#define AGENTIC_CO_TEST_(kind, fixture, name)                                                                          \
    static ::agentic::Awaitable<void> fixture##_##name##_body(fixture& self);                                          \
    kind(fixture, name) { ::agentic::test::run_coroutine([this] { return fixture##_##name##_body(*this); }); }         \
    static ::agentic::Awaitable<void> fixture##_##name##_body([[maybe_unused]] fixture& self)
#define AGENTIC_CO_TEST_F(fixture, name) AGENTIC_CO_TEST_(TEST_F, fixture, name)
#define AGENTIC_CO_TEST_P(fixture, name) AGENTIC_CO_TEST_(TEST_P, fixture, name)
