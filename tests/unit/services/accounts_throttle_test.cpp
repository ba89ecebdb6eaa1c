#include "services/accounts_throttle.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "support/fake_clock.hpp"

namespace agentic::auth {
namespace {

using namespace std::chrono_literals;

TEST(LoginThrottle, LimitsAnAccountFromOneAddressOnly) {
    agentic::test::FakeClock clock;
    LoginThrottle throttle({.failures_per_account = 3, .failures_per_address = 100}, clock);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(throttle.begin("ada", "192.0.2.1"));
    EXPECT_FALSE(throttle.begin("ada", "192.0.2.1"));
    EXPECT_TRUE(throttle.begin("ada", "192.0.2.2"));
    EXPECT_TRUE(throttle.begin("bob", "192.0.2.1"));
    clock.advance(15min);
    EXPECT_TRUE(throttle.begin("ada", "192.0.2.1"));
}

TEST(LoginThrottle, LimitsAnAddressOverAllAccounts) {
    agentic::test::FakeClock clock;
    LoginThrottle throttle({.failures_per_account = 5, .failures_per_address = 10}, clock);
    int allowed = 0;
    for (int i = 0; i < 100; ++i) allowed += throttle.begin("user " + std::to_string(i), "192.0.2.1") ? 1 : 0;
    EXPECT_EQ(allowed, 10);
}

TEST(LoginThrottle, ForgetsFailuresAfterASuccess) {
    agentic::test::FakeClock clock;
    LoginThrottle throttle({.failures_per_account = 2, .failures_per_address = 3}, clock);
    for (int i = 0; i < 20; ++i) {
        EXPECT_TRUE(throttle.begin("ada", "192.0.2.1"));
        throttle.succeeded("ada", "192.0.2.1");
    }
    EXPECT_TRUE(throttle.begin("ada", "192.0.2.1"));
    throttle.withdraw("ada", "192.0.2.1");
    EXPECT_TRUE(throttle.begin("ada", "192.0.2.1"));
    EXPECT_TRUE(throttle.begin("ada", "192.0.2.1"));
    EXPECT_FALSE(throttle.begin("ada", "192.0.2.1"));
}

TEST(LoginThrottle, SaysWhenToComeBack) {
    agentic::test::FakeClock clock;
    LoginThrottle throttle({.failures_per_account = 1}, clock);
    EXPECT_TRUE(throttle.begin("ada", "192.0.2.1"));
    clock.advance(10min);
    const auto refused = throttle.begin("ada", "192.0.2.1");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::rate_limited);
    EXPECT_EQ(refused.error().retry_after_s, 300);
}

TEST(LoginThrottle, HoldsExactlyUnderParallelAttempts) {
    agentic::test::FakeClock clock;
    LoginThrottle throttle({.failures_per_account = 7, .failures_per_address = 1000}, clock);
    std::atomic<int> allowed = 0;
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < 8; ++t) threads.emplace_back([&] { for (int i = 0; i < 50; ++i) allowed += throttle.begin("ada", "192.0.2.1") ? 1 : 0; });
    }
    EXPECT_EQ(allowed, 7);
}

TEST(LoginThrottle, ForgetsTheOldestCountersWhenFull) {
    agentic::test::FakeClock clock;
    LoginThrottle throttle({.failures_per_account = 1, .failures_per_address = 1, .entries_max = 4}, clock);
    EXPECT_TRUE(throttle.begin("ada", "192.0.2.1"));
    for (int i = 2; i < 50; ++i) EXPECT_TRUE(throttle.begin("ada", "192.0.2." + std::to_string(i)));
    EXPECT_TRUE(throttle.begin("ada", "192.0.2.1"));
}

TEST(NetworkOf, TakesIpv6ByItsSlash64) {
    EXPECT_EQ(network_of("2001:db8:1:2:3:4:5:6"), network_of("2001:db8:1:2::9"));
    EXPECT_NE(network_of("2001:db8:1:2::9"), network_of("2001:db8:1:3::9"));
    EXPECT_NE(network_of("::ffff:192.0.2.1"), network_of("::ffff:192.0.2.2"));
    EXPECT_EQ(network_of("192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(network_of("not:an:address"), "not:an:address");
}

}  // namespace
}  // namespace agentic::auth
