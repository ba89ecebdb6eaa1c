#include "core/utf8.hpp"

#include <gtest/gtest.h>

namespace agentic {
namespace {

TEST(Utf8, IsCutInWholeCodePoints) {
    EXPECT_EQ(cut_at_code_point("abc", 3), "abc");
    EXPECT_EQ(cut_at_code_point("abc", 2), "ab");
    EXPECT_EQ(cut_at_code_point("a\u00FCb", 2), "a");
    EXPECT_EQ(cut_at_code_point("a\u00FCb", 3), "a\u00FC");
    EXPECT_EQ(cut_at_code_point("\U0001F44D", 3), "");
}

}  // namespace
}  // namespace agentic
