#include "core/encoding.hpp"

#include <gtest/gtest.h>

namespace agentic {
namespace {

TEST(Utf8, IsValidExactlyWhenWellFormed) {  // Unicode, table 3-7
    for (const std::string_view text : {"", "plain", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "a\xc3\xa4z"})
        EXPECT_TRUE(is_valid_utf8(text)) << text;
    for (const std::string_view text : {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc3", "\xc3(", "\xe0\x80\x80", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf", "\xe2\x82", "\xf0\x80\x80\x80",
                                        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "a\xf0\x9f\x98"})
        EXPECT_FALSE(is_valid_utf8(text)) << text;
}

TEST(PercentDecoding, TakesBothCasesAndNoHalfEscape) {
    EXPECT_EQ(percent_decode("a%2fB%2F+", true), "a/B/ ");
    for (const std::string_view text : {"%", "%4", "%4g", "%g4", "%-1"}) EXPECT_FALSE(percent_decode(text, false)) << text;
}

}  // namespace
}  // namespace agentic
