#include "core/clock.hpp"

#include <gtest/gtest.h>

namespace agentic {
namespace {

TEST(Timestamp, ReadsWhatItWrites) {
    for (const std::string_view text : {"2026-11-22T10:00:00.000000Z", "0000-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.000001Z"}) {
        const auto time = Timestamp::parse(text);
        ASSERT_TRUE(time) << text;
        EXPECT_EQ(time->to_string(), text);
    }
    EXPECT_EQ(Timestamp::parse("2026-11-22T10:00:00.5+05:30")->to_string(), "2026-11-22T04:30:00.500000Z");
    EXPECT_EQ(Timestamp::parse("0000-01-01T05:30:00+05:30")->to_string(), "0000-01-01T00:00:00.000000Z");
}

TEST(Timestamp, RefusesYearsThatFourDigitsCannotSay) {
    for (const std::string_view text : {"0000-01-01T00:00:00+00:01", "0000-01-01T05:29:59+05:30", "9999-12-31T23:59:59-00:01", "9999-12-31T23:59:60Z", "9999-12-31T00:01:00-23:59"})
        EXPECT_FALSE(Timestamp::parse(text)) << text;
}

}  // namespace
}  // namespace agentic
