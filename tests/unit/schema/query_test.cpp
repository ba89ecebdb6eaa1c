#include "unit/schema/support.hpp"

namespace agentic::schema::test {
namespace {

using testing::ElementsAre;

Violations refused(QueryPairs query) {
    query.emplace_back("search", "x");
    return violations_of(Codec<PlanQuery>::parse_query(query));
}

TEST(SchemaQuery, ReadsScalarsFromText) {
    const auto query = Codec<PlanQuery>::parse_query({{"page", "3"}, {"colour", "red"}, {"active", "false"}, {"tag", "a"}, {"tag", "b"},
        {"id", "0190a0b0-0000-7000-8000-000000000001"}, {"id", "0190a0b0-0000-7000-8000-000000000002"}, {"threshold", "0.5"},
        {"since", "2026-01-31T12:00:00Z"}, {"search", "größe"}});
    ASSERT_TRUE(query) << query.error().public_message;
    EXPECT_EQ(query->page, 3);
    EXPECT_EQ(query->colour, Colour::red);
    EXPECT_EQ(query->active, false);
    EXPECT_THAT(query->tag, ElementsAre("a", "b"));
    ASSERT_TRUE(query->id);
    EXPECT_EQ(query->id->size(), 2U);
    EXPECT_EQ(query->threshold, 0.5);
    EXPECT_EQ(query->since->us, 1'769'860'800'000'000);
    EXPECT_EQ(query->search, "größe");
}

TEST(SchemaQuery, LeavesAbsentParametersAtTheirDefaults) {
    const auto query = Codec<PlanQuery>::parse_query({{"search", ""}});
    ASSERT_TRUE(query);
    EXPECT_EQ(query->page, 1);
    EXPECT_EQ(query->colour, std::nullopt);
    EXPECT_EQ(query->id, std::nullopt);
    EXPECT_TRUE(query->tag.empty());
}

TEST(SchemaQuery, ReportsAllViolationsInTheWordsOfABody) {
    EXPECT_THAT(refused({{"page", "0"}, {"colour", "pink"}, {"active", "yes"}, {"threshold", "1.5"}, {"since", ""}, {"order", "up"}}),
                ElementsAre(Violation{"page", "must be at least 1"}, Violation{"colour", "must be one of: red, green, default"},
                            Violation{"active", "must be true or false"}, Violation{"threshold", "must be between 0 and 1"},
                            Violation{"since", "must be a date and time such as 2026-01-31T12:00:00Z"},
                            Violation{"order", "is not a known parameter"}));
    EXPECT_THAT(violations_of(Codec<PlanQuery>::parse_query({})), ElementsAre(Violation{"search", "is required"}));
}

TEST(SchemaQuery, ReadsNumbersWholeOrNotAtAll) {
    for (const auto* text : {"", "1x", " 1", "1 ", "0x10", "1.0", "1e3", "NaN", "-"})
        EXPECT_THAT(refused({{"page", text}}), ElementsAre(Violation{"page", "must be an integer"})) << text;
    EXPECT_THAT(refused({{"page", "99999999999999999999"}}), ElementsAre(Violation{"page", "must be at least 1"}));
    EXPECT_THAT(refused({{"page", "1000000000000000"}}), ElementsAre(Violation{"page", "must be at least 1"}));
    for (const auto* text : {"nan", "inf", "1e400", "0.5x"})
        EXPECT_THAT(refused({{"threshold", text}}), ElementsAre(Violation{"threshold", "must be a number"})) << text;
}

TEST(SchemaQuery, TakesRepeatedNamesForArraysOnly) {
    EXPECT_THAT(refused({{"page", "1"}, {"page", "2"}}), ElementsAre(Violation{"page", "is given more than once"}));
    EXPECT_THAT(refused({{"tag", "a"}, {"tag", "b"}, {"tag", "c"}}), ElementsAre(Violation{"tag", "must have at most 2 items"}));
    EXPECT_THAT(refused({{"tag", "longer"}}), ElementsAre(Violation{"tag", "must be 1 to 4 characters long"}));
    EXPECT_THAT(refused({{"id", "x"}}), ElementsAre(Violation{"id", "must be a UUID"}));
}

TEST(SchemaQuery, RefusesTextThatIsNotUtf8OrHasNul) {
    EXPECT_THAT(violations_of(Codec<PlanQuery>::parse_query({{"search", "\xff"}})), ElementsAre(Violation{"search", "must be valid UTF-8"}));
    EXPECT_THAT(violations_of(Codec<PlanQuery>::parse_query({{"search", std::string("\0", 1)}})),
                ElementsAre(Violation{"search", "must not contain NUL characters"}));
}

}  // namespace
}  // namespace agentic::schema::test
