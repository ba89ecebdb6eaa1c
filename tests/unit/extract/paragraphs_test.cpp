#include "extract/pdf/paragraphs.hpp"

#include <gtest/gtest.h>

namespace agentic::extract::pdf {
namespace {

/// A line of ten points in a column from 50 to 350, as wide as the column.
Line line(int column, float u0, float v, std::string text) {
    return {.ink = {.u0 = u0, .u1 = 350, .v = v, .size = 10, .text = std::move(text)}, .left = 50, .right = 350, .column = column};
}

TEST(Paragraphs, OutdentBehindTheFirstLineOfAColumnIsMeasuredInThatColumnAlone) {
    std::vector<Paragraph> out;
    group_lines({line(0, 60, 100, "A sentence that goes on"), line(1, 60, 300, "in the next column, indented,"), line(1, 50, 312, "and ends there.")}, 1, out);
    ASSERT_EQ(out.size(), 1U);
    EXPECT_EQ(out[0].text, "A sentence that goes on in the next column, indented, and ends there.");
    EXPECT_EQ(out[0].lines, 3);
}

TEST(Paragraphs, OutdentBehindTwoLinesWithTheSameEdgeStartsOne) {
    std::vector<Paragraph> out;
    group_lines({line(0, 60, 100, "A sentence that goes on"), line(0, 60, 112, "at the same edge,"), line(0, 50, 124, "and something else")}, 1, out);
    EXPECT_EQ(out.size(), 2U);
}

}  // namespace
}  // namespace agentic::extract::pdf
