#include "unit/schema/support.hpp"

namespace agentic::schema::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(SchemaRead, TakesEveryKindOfMember) {
    const auto plan = Codec<Plan>::parse(R"({"name":"Ünï","slug":"a-1","note":"n","temperature":2,"limit":100,"cost_micros":9007199254740993,
        "active":false,"colour":"default","tags":["a","b"],"steps":[{"slug":"s","retries":3},{"slug":"t"}],"last":{"slug":"u"},
        "owner":"0190A0B0-0000-7000-8000-000000000001","starts_at":"2026-01-31T13:00:00+01:00","config":{"a":[1,2.5,null]},"parent":"p"})");
    ASSERT_TRUE(plan) << plan.error().public_message;
    EXPECT_EQ(plan->name, "Ünï");
    EXPECT_EQ(plan->note, "n");
    EXPECT_EQ(plan->temperature, 2.0);
    EXPECT_EQ(plan->limit, 100);
    EXPECT_EQ(plan->cost_micros, 9007199254740993);
    EXPECT_FALSE(plan->active);
    EXPECT_EQ(plan->colour, Colour::default_);
    EXPECT_THAT(plan->tags, ElementsAre("a", "b"));
    ASSERT_EQ(plan->steps.size(), 2U);
    EXPECT_EQ(plan->steps[0].retries, 3);
    EXPECT_EQ(plan->steps[1].retries, std::nullopt);
    ASSERT_TRUE(plan->last);
    EXPECT_EQ(plan->last->slug, "u");
    EXPECT_EQ(plan->owner.to_string(), "0190a0b0-0000-7000-8000-000000000001");
    EXPECT_EQ(plan->starts_at.to_string(), "2026-01-31T12:00:00.000000Z");
    EXPECT_EQ(plan->config.text, R"({"a":[1,2.5,null]})");
    EXPECT_EQ(plan->parent, "p");
}

TEST(SchemaRead, KeepsMemberInitialisersOfAbsentDefaultedFields) {
    const auto plan = Codec<Plan>::parse(kPlan);
    ASSERT_TRUE(plan) << plan.error().public_message;
    EXPECT_EQ(plan->temperature, 0.7);
    EXPECT_EQ(plan->limit, 20);
    EXPECT_TRUE(plan->active);
    EXPECT_EQ(plan->colour, Colour::green);
    EXPECT_THAT(plan->tags, ElementsAre("one"));
    EXPECT_EQ(plan->note, std::nullopt);
}

TEST(SchemaRead, ReplacesTheInitialiserOfAnArray) {
    const auto plan = Codec<Plan>::parse(plan_with(R"("tags":[])"));
    ASSERT_TRUE(plan);
    EXPECT_THAT(plan->tags, IsEmpty());
}

TEST(SchemaRead, ReportsFiveFaultsAtOnce) {
    const auto found = violations_of(Codec<Plan>::parse(
        R"({"name":"far too long","slug":"No!","temperature":2.1,"steps":[{"slug":"ok"},{"slug":""}],"starts_at":"2026-01-31T12:00:00Z","tenant_id":"x"})"));
    EXPECT_THAT(found, ElementsAre(Violation{"name", "must be 1 to 8 characters long"},
                                   Violation{"slug", "must contain only lower-case letters, digits and hyphens"},
                                   Violation{"temperature", "must be between 0 and 2"}, Violation{"steps[1].slug", "must not be empty"},
                                   Violation{"tenant_id", "is not a known field"}, Violation{"owner", "is required"}));
}

TEST(SchemaRead, SaysWhatTypeIsExpected) {
    EXPECT_EQ(issue_with(R"("note":1)"), "note must be a string");
    EXPECT_EQ(issue_with(R"("temperature":"1")"), "temperature must be a number");
    EXPECT_EQ(issue_with(R"("limit":true)"), "limit must be an integer");
    EXPECT_EQ(issue_with(R"("active":1)"), "active must be true or false");
    EXPECT_EQ(issue_with(R"("colour":"blue")"), "colour must be one of: red, green, default");
    EXPECT_EQ(issue_with(R"("colour":2)"), "colour must be one of: red, green, default");
    EXPECT_EQ(issue_with(R"("tags":"a")"), "tags must be an array");
    EXPECT_EQ(issue_with(R"("last":[])"), "last must be an object");
    EXPECT_EQ(issue_with(R"("config":[])"), "config must be an object");
    EXPECT_THAT(violations_of(Codec<Plan>::parse(R"({"name":"A","slug":"a","steps":null,"owner":"1","starts_at":"yesterday"})")),
                ElementsAre(Violation{"steps", "must be an array"}, Violation{"owner", "must be a UUID"},
                            Violation{"starts_at", "must be a date and time such as 2026-01-31T12:00:00Z"}));
}

TEST(SchemaRead, RefusesFractionsAsIntegersEvenWhole) {
    EXPECT_EQ(issue_with(R"("limit":1.0)"), "limit must be an integer");
    EXPECT_EQ(issue_with(R"("limit":1e1)"), "limit must be an integer");
}

TEST(SchemaRead, SaysTheBoundsOfIntegers) {
    EXPECT_EQ(issue_with(R"("limit":0)"), "limit must be between 1 and 100");
    EXPECT_EQ(issue_with(R"("limit":5000000000)"), "limit must be between 1 and 100");
    EXPECT_EQ(issue_with(R"("cost_micros":-1)"), "cost_micros must be at least 0");
    EXPECT_EQ(issue_with(R"("cost_micros":18446744073709551615)"), "cost_micros must be at least 0");
    EXPECT_EQ(issue_with(R"("cost_micros":99999999999999999999999)"), "cost_micros must be at least 0");
    EXPECT_THAT(violations_of(Codec<Span>::parse(R"({"from":9223372036854775808,"to":1})")),
                ElementsAre(Violation{"from", "must be an integer between -9223372036854775808 and 9223372036854775807"}));
}

TEST(SchemaRead, CountsCodePointsNotBytes) {
    EXPECT_TRUE(Codec<Plan>::parse(R"({"name":"😀😀😀😀😀😀😀😀","slug":"a","steps":[],"owner":"0190a0b0-0000-7000-8000-000000000001","starts_at":"2026-01-31T12:00:00Z"})"));
}

TEST(SchemaRead, ChecksItemsAndEachElement) {
    EXPECT_EQ(issue_with(R"("tags":["a","b","c","d"])"), "tags must have at most 3 items");
    EXPECT_EQ(issue_with(R"("tags":["a","longer"])"), "tags[1] must be 1 to 4 characters long");
    EXPECT_EQ(issue_with(R"("tags":["a",7])"), "tags[1] must be a string");
    EXPECT_EQ(issue_with(R"("config":{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1})"), "config must have at most 5 members");
    EXPECT_EQ(issue_with(R"("last":{"slug":"a","retries":6})"), "last.retries must be between 0 and 5");
}

TEST(SchemaRead, RefusesDuplicateFields) {
    EXPECT_EQ(issue_with(R"("limit":1,"limit":2)"), "limit is given more than once");
    EXPECT_EQ(issue_with(R"("last":{"slug":"a","slug":"b"})"), "last.slug is given more than once");
    EXPECT_EQ(issue_with(R"("config":{"a":{"k":1,"k":2}})"), "config.a.k is given more than once");
}

TEST(SchemaRead, TellsNullFromAbsent) {
    EXPECT_EQ(issue_with(R"("note":null)"), "");
    EXPECT_EQ(issue_with(R"("limit":null)"), "limit must be an integer");
    EXPECT_EQ(issue_with(R"("parent":null)"), "parent must not be null");
    const auto absent = Codec<PlanPatch>::parse("{}");
    ASSERT_TRUE(absent);
    EXPECT_FALSE(absent->note.has_value());
    const auto null = Codec<PlanPatch>::parse(R"({"note":null,"last":null})");
    ASSERT_TRUE(null);
    ASSERT_TRUE(null->note.has_value());
    EXPECT_FALSE(null->note->has_value());
    ASSERT_TRUE(null->last.has_value());
    const auto given = Codec<PlanPatch>::parse(R"({"note":"x","last":{"slug":"s"}})");
    ASSERT_TRUE(given);
    EXPECT_EQ(**given->note, "x");
    EXPECT_EQ((*given->last)->slug, "s");
    EXPECT_THAT(violations_of(Codec<PlanPatch>::parse(R"({"name":null})")), ElementsAre(Violation{"name", "must not be null"}));
}

TEST(SchemaRead, RunsChecksAcrossFieldsOnSoundStructsOnly) {
    EXPECT_THAT(violations_of(Codec<Spans>::parse(R"({"spans":[{"from":1,"to":2},{"from":3,"to":2},{"from":"9","to":2}]})")),
                ElementsAre(Violation{"spans[1].to", "must not lie before from"}, Violation{"spans[2].from", "must be an integer"}));
    EXPECT_THAT(violations_of(Codec<Span>::parse(R"({"from":3,"to":2})")), ElementsAre(Violation{"to", "must not lie before from"}));
}

TEST(SchemaRead, IgnoresUnknownFieldsOnlyWhereToldTo) {
    EXPECT_TRUE(Codec<Lenient>::parse(R"({"model":"m","stream":true})"));
    EXPECT_EQ(issue_with(R"("stream":true)"), "stream is not a known field");
}

TEST(SchemaRead, WantsAnObject) {
    for (const auto* json : {"[]", "1", "null", "\"x\"", "true"})
        EXPECT_THAT(violations_of(Codec<Plan>::parse(json)), ElementsAre(Violation{"body", "must be an object"})) << json;
}

TEST(SchemaRead, MeasuresFreeFormJsonAsItIsStored) {
    const auto config = [](std::size_t bytes) { return "\"config\": { \"a\" : \"" + std::string(bytes - 8, 'x') + "\" }"; };   // {"a":""} takes 8
    EXPECT_EQ(issue_with(config(64)), "");
    EXPECT_EQ(issue_with(config(65)), "config must take at most 64 bytes as JSON");
    EXPECT_EQ(issue_with(R"("config":{"a":"\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9\u00e9"})"), "") << "escapes are not stored";
}

TEST(SchemaRead, CompactsFreeFormJson) {
    const auto any = Codec<Any>::parse(R"({"value": { "b" : [ 1 , -2 , 2.0, 0.1, 1e2, true ] , "a\u00e9" : "x\n\"\\\/\u0001" , "n": null } })");
    ASSERT_TRUE(any);
    EXPECT_EQ(any->value.text, "{\"b\":[1,-2,2.0,0.1,100.0,true],\"aé\":\"x\\n\\\"\\\\/\\u0001\",\"n\":null}");
    EXPECT_EQ(Codec<Any>::parse(R"({"value":18446744073709551615})")->value.text, "18446744073709551615");
    EXPECT_EQ(Codec<Any>::parse(R"({"value":"text"})")->value.text, "\"text\"");
}

}  // namespace
}  // namespace agentic::schema::test
