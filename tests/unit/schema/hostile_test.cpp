// Inputs made to hurt: each is a clean refusal, quick, and without an echo.
#include <ctime>

#include "core/encoding.hpp"
#include "unit/schema/support.hpp"

namespace agentic::schema::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string repeat(std::string_view text, std::size_t times) {
    std::string all;
    for (std::size_t i = 0; i < times; ++i) all += text;
    return all;
}

TEST(SchemaHostile, RefusesWhatIsNotJsonWithItsPosition) {
    const std::string lone_surrogate = R"({"value":"\ud800"})";
    for (const std::string& json : {std::string(), std::string("  "), std::string("{"), std::string(R"({"value":NaN})"), std::string(R"({"value":Infinity})"),
                                    std::string(R"({"value":1e400})"), std::string(R"({"value":1} x)"), std::string(R"({"value":01})"),
                                    std::string(R"({'value':1})"), std::string(R"({"value":1,})"), std::string("{\"value\":\"\xff\"}"),
                                    std::string("{\"value\":\"\xed\xa0\x80\"}"), lone_surrogate, std::string("\xef\xbb\xbf{}"),
                                    std::string("{\"value\":\"a\0b\"}", 15), std::string("{\"value\":\"a\nb\"}"), std::string(R"({"value":1}//x)")}) {
        const auto result = Codec<Any>::parse(json);
        EXPECT_EQ(code_of(result), "bad_request") << json;
    }
    EXPECT_THAT(Codec<Any>::parse(R"({"value":NaN})").error().public_message, HasSubstr("at byte 9"));
}

TEST(SchemaHostile, NeverEchoesTheBody) {
    const auto result = Codec<Plan>::parse(R"({"name":{"secret":"hunter2"},"owner":"hunter2","colour":"hunter2","temperature":"hunter2"})");
    ASSERT_FALSE(result);
    for (const auto& [field, issue] : result.error().violations) EXPECT_THAT(field + issue, Not(HasSubstr("hunter2")));
}

TEST(SchemaHostile, RefusesNulCharacters) {
    EXPECT_EQ(issue_with(R"("note":"a\u0000b")"), "note must not contain NUL characters");
    EXPECT_EQ(issue_with(R"("config":{"a":"\u0000"})"), "config.a must not contain NUL characters");
    EXPECT_EQ(issue_with(R"("config":{"a\u0000":1})"), "config.a? must not contain NUL characters");
}

TEST(SchemaHostile, LimitsDepthTo64) {
    const auto nested = [](std::size_t depth) { return R"({"value":)" + repeat("[", depth) + repeat("]", depth) + "}"; };
    EXPECT_TRUE(Codec<Any>::parse(nested(63)));
    EXPECT_EQ(code_of(Codec<Any>::parse(nested(64))), "bad_request");
    EXPECT_EQ(code_of(Codec<Any>::parse(repeat("[", 1'000'000))), "bad_request");
    EXPECT_EQ(code_of(Codec<Any>::parse(repeat("{\"a\":", 1'000'000))), "bad_request");
    EXPECT_TRUE(Codec<Any>::parse(R"({"value":")" + repeat("[", 1000) + R"(\"[["})"));  // brackets in a string are text
}

TEST(SchemaHostile, StopsAtAHundredViolations) {
    const auto found = violations_of(Codec<Plan>::parse("{" + repeat(R"("x":1,)", 100'000) + R"("y":1})"));
    EXPECT_EQ(found.size(), 100U);
    const auto steps = violations_of(Codec<Spans>::parse(R"({"spans":[)" + repeat("0,", 100'000) + "0]}"));
    EXPECT_EQ(steps.size(), 100U);
}

TEST(SchemaHostile, MakesUnknownNamesSafe) {
    EXPECT_EQ(issue_with('"' + repeat("é", 100) + R"(":1)"), repeat("é", 32) + " is not a known field");
    EXPECT_EQ(issue_with('"' + repeat("€", 100) + R"(":1)"), repeat("€", 21) + " is not a known field");
    EXPECT_EQ(issue_with(R"("a\n\u001b[31mb":1)"), "a??[31mb is not a known field");
    const auto query = violations_of(Codec<PlanQuery>::parse_query({{"search", "x"}, {"\xff\xfe", "1"}, {"", "1"}}));
    EXPECT_THAT(query, ElementsAre(Violation{"??", "is not a known parameter"}, Violation{"", "is not a known parameter"}));
}

TEST(SchemaHostile, TenMegabytesOfNonsenseAreQuick) {
    const auto start = std::clock();  // of this process: the machine may be busy
    EXPECT_EQ(code_of(Codec<Any>::parse(repeat("\x01\xffnonsense", 1 << 20))), "bad_request");
    EXPECT_EQ(code_of(Codec<Plan>::parse("{" + repeat(R"("abcdef":1,)", 900'000) + R"("y":1})")), "validation_error");
    EXPECT_EQ(code_of(Codec<Any>::parse(R"({"value":{)" + repeat(R"("abcdef":1,)", 900'000) + R"("y":1}})")), "validation_error");
    EXPECT_EQ(code_of(Codec<Plan>::parse(plan_with(R"("note":")" + repeat("x", 10 << 20) + '"'))), "accepted");
    EXPECT_LT((std::clock() - start) / CLOCKS_PER_SEC, 10);  // generous: sanitizers
}

}  // namespace
}  // namespace agentic::schema::test
