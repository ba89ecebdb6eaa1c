#pragma once
// AGENTIC_CO_TEST(Suite, SaysBehaviour) { ... co_await ...; } runs its body as a coroutine on an io_context, with a cap of ten seconds. Inside, use
// EXPECT_* only: ASSERT_* returns, which a coroutine cannot. AGENTIC_CO_TEST_P and _F pass the fixture as `self`.
#include <gtest/gtest.h>

#include <chrono>
#include <type_traits>

#include "async/types.hpp"

namespace agentic::test {

inline constexpr std::chrono::seconds kCoTestMax{10};

/// Runs `task` to its end on an io_context of its own. A task that hangs fails the test and is left where it is: what it waits for may still
/// want to resume it.
void run_coroutine(Awaitable<void> task, std::chrono::steady_clock::duration max = kCoTestMax);

/// What `make_task` captures lives until the task has ended.
template <class MakeTask>
    requires std::is_invocable_r_v<Awaitable<void>, MakeTask&>
void run_coroutine(MakeTask make_task, std::chrono::steady_clock::duration max = kCoTestMax) {
    run_coroutine(make_task(), max);
}

}  // namespace agentic::test

#define AGENTIC_CO_TEST(suite, name)                                                     \
    static ::agentic::Awaitable<void> suite##_##name##_body();                           \
    TEST(suite, name) { ::agentic::test::run_coroutine(suite##_##name##_body()); } \
    static ::agentic::Awaitable<void> suite##_##name##_body()

#define AGENTIC_CO_TEST_(kind, fixture, name)                                                                          \
    static ::agentic::Awaitable<void> fixture##_##name##_body(fixture& self);                                          \
    kind(fixture, name) { ::agentic::test::run_coroutine(fixture##_##name##_body(*this)); }         \
    static ::agentic::Awaitable<void> fixture##_##name##_body([[maybe_unused]] fixture& self)
#define AGENTIC_CO_TEST_F(fixture, name) AGENTIC_CO_TEST_(TEST_F, fixture, name)
#define AGENTIC_CO_TEST_P(fixture, name) AGENTIC_CO_TEST_(TEST_P, fixture, name)
