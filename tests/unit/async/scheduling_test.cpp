#include "async/scheduling.hpp"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <thread>

namespace agentic::async {
namespace {

sched_attr now() {
    sched_attr out{};
    EXPECT_EQ(::sched_getattr(0, &out, sizeof out, 0), 0);
    return out;
}

TEST(Scheduling, ShortTurnsAreOfTheThreadAndChangeNothingElse) {
    const auto before = now();
    std::jthread([&] {
        prefer_short_turns();
        const auto after = now();
        EXPECT_EQ(after.sched_policy, before.sched_policy);
        EXPECT_EQ(after.sched_nice, before.sched_nice);
        EXPECT_EQ(after.sched_runtime, before.sched_runtime > 0 ? 100'000U : 0U) << "a kernel that tells slices can set them";
    }).join();
    EXPECT_EQ(now().sched_runtime, before.sched_runtime) << "of this thread";
}

TEST(Scheduling, AnOperatorsChoiceStays) {
    std::jthread([] {
        const sched_param none{};
        ASSERT_EQ(::sched_setscheduler(0, SCHED_BATCH, &none), 0);
        const auto before = now();
        prefer_short_turns();
        EXPECT_EQ(now().sched_policy, static_cast<std::uint32_t>(SCHED_BATCH));
        EXPECT_EQ(now().sched_runtime, before.sched_runtime);
    }).join();
}

TEST(Scheduling, BackgroundIsTenNicer) {
    const int before = ::getpriority(PRIO_PROCESS, 0);
    std::jthread([&] {
        yield_to_others();
        EXPECT_EQ(::getpriority(PRIO_PROCESS, 0), std::min(before + 10, 19));
    }).join();
    EXPECT_EQ(::getpriority(PRIO_PROCESS, 0), before);
}

}  // namespace
}  // namespace agentic::async
