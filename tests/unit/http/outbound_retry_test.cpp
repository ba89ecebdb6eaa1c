#include "http/outbound_retry.hpp"

#include <gtest/gtest.h>

#include "support/co_test.hpp"

namespace agentic::http {
namespace {

using namespace std::chrono_literals;

TEST(Backoff, DoublesUpToItsCapAndIsShortenedByUpToAQuarter) {
    const RetryPolicy lowest{.random = [] { return 0.0; }};
    EXPECT_EQ(backoff(lowest, 0), 500ms);
    EXPECT_EQ(backoff(lowest, 1), 1000ms);
    EXPECT_EQ(backoff(lowest, 9), 8000ms);
    EXPECT_EQ(backoff({.random = [] { return 1.0; }}, 0), 375ms);
    EXPECT_GE(backoff({}, 0), 375ms);
}

std::optional<std::chrono::milliseconds> wait_of(std::vector<std::pair<std::string, std::string>> headers) {
    OutboundResponse response;
    response.headers = std::move(headers);
    return requested_wait(response);
}

TEST(RequestedWait, IsTheAnswersOwn) {
    EXPECT_EQ(wait_of({{"retry-after", "9"}, {"retry-after-ms", "1500.7"}}), 1500ms);
    EXPECT_EQ(wait_of({{"retry-after", "2.5"}}), 2500ms);
    EXPECT_EQ(wait_of({}), std::nullopt);
    for (const char* bad : {"", "-1", "soon", "1e99", "nan"}) EXPECT_EQ(wait_of({{"retry-after", bad}}), std::nullopt) << bad;
}

TEST(RequestedWait, CountsADateFromTheAnswersOwn) {
    const std::pair<std::string, std::string> now{"date", "Wed, 21 Oct 2026 10:00:00 GMT"};
    EXPECT_EQ(wait_of({now, {"retry-after", "Wed, 21 Oct 2026 10:00:07 GMT"}}), 7000ms);
    EXPECT_EQ(wait_of({{"retry-after", "Wed, 21 Oct 2026 10:00:07 GMT"}}), std::nullopt);
    for (const char* bad : {"Wed, 21 Oct 2026 09:00:00 GMT", "Wed, 21 Oct 2026"}) EXPECT_EQ(wait_of({now, {"retry-after", bad}}), std::nullopt) << bad;
}

AGENTIC_CO_TEST(Pause, WaitsAsLongAsItSays) {
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_TRUE((co_await pause(20ms)).has_value());
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 20ms);
}

}  // namespace
}  // namespace agentic::http
