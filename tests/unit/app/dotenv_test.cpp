#include "app/config/dotenv.hpp"

#include <gtest/gtest.h>

namespace agentic::app {
namespace {

std::string value_of(std::string_view line) {
    const auto parsed = parse_dotenv(line);
    if (!parsed) return "fault: " + parsed.error().front();
    return parsed->size() == 1 ? parsed->begin()->second : "not one variable";
}

TEST(Dotenv, ReadsEveryForm) {
    EXPECT_EQ(value_of("A=plain"), "plain");
    EXPECT_EQ(value_of("export A = spaced out  "), "spaced out");
    EXPECT_EQ(value_of("A="), "");
    EXPECT_EQ(value_of("A=with # comment"), "with");
    EXPECT_EQ(value_of("A= # only a comment"), "");
    EXPECT_EQ(value_of("A=pass#word"), "pass#word");
    EXPECT_EQ(value_of("A=#start"), "#start");
    EXPECT_EQ(value_of("A='$HOME \\n # literal' # comment"), "$HOME \\n # literal");
    EXPECT_EQ(value_of(R"(A="tab\t quote\" dollar\$ back\\")"), "tab\t quote\" dollar$ back\\");
    EXPECT_EQ(value_of("A=windows\r\n"), "windows");
    EXPECT_EQ(value_of("\xEF\xBB\xBF" "A=bom"), "bom");
    EXPECT_EQ(value_of("A=b=c"), "b=c");
}

TEST(Dotenv, SkipsBlankLinesAndComments) {
    const auto parsed = parse_dotenv("# comment\n\n  # another\nA=1\nB=2\n");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->size(), 2U);
}

TEST(Dotenv, ReportsEveryFaultyLineWithoutItsText) {
    const auto parsed = parse_dotenv("A=1\nnonsense hunter2\nB=\"open hunter2\nA=2\nC='x'hunter2\nD=\"\\q\"\n1E=hunter2");
    ASSERT_FALSE(parsed);
    ASSERT_EQ(parsed.error().size(), 6U);
    EXPECT_TRUE(parsed.error()[0].starts_with("line 2: ")) << parsed.error()[0];
    EXPECT_EQ(parsed.error()[2], "line 4: A is set twice");
    for (const auto& fault : parsed.error()) EXPECT_FALSE(fault.contains("hunter2")) << fault;
}

}  // namespace
}  // namespace agentic::app
