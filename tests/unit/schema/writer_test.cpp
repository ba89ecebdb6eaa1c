#include <cmath>
#include <limits>

#include "unit/schema/support.hpp"

namespace agentic::schema::test {
namespace {

TEST(SchemaWrite, WritesEveryMemberInOrder) {
    Plan plan{.name = "A \"b\"\n", .slug = "a", .note = std::nullopt, .temperature = 1, .tags = {}, .steps = {{"s", 1}, {"t", std::nullopt}},
              .last = Step{"u", 2}, .owner = *Uuid::parse("0190a0b0-0000-7000-8000-000000000001"), .starts_at = {1'769'860'800'000'001},
              .config = {R"({"k":[1]})"}, .parent = "p"};
    EXPECT_EQ(to_json(plan), R"({"name":"A \"b\"\n","slug":"a","note":null,"temperature":1.0,"limit":20,"cost_micros":0,"active":true,)"
                             R"("colour":"green","tags":[],"steps":[{"slug":"s","retries":1},{"slug":"t","retries":null}],)"
                             R"("last":{"slug":"u","retries":2},"owner":"0190a0b0-0000-7000-8000-000000000001",)"
                             R"("starts_at":"2026-01-31T12:00:00.000001Z","config":{"k":[1]},"parent":"p"})");
}

TEST(SchemaWrite, ReadsBackWhatItWrote) {
    const auto plan = Codec<Plan>::parse(plan_with(R"("note":"é😀\u0001","temperature":0.1,"cost_micros":9223372036854775807,"config":{"a":-0.5}, "parent":"p")"));
    ASSERT_TRUE(plan);
    const auto json = to_json(*plan);
    const auto again = Codec<Plan>::parse(json);
    ASSERT_TRUE(again) << again.error().public_message;
    EXPECT_EQ(to_json(*again), json);
}

TEST(SchemaWrite, WritesNumbersShortest) {
    const auto written = [](double value) {
        std::string json = to_json(Plan{.temperature = value});
        const auto start = json.find("temperature\":") + 13;
        return json.substr(start, json.find(',', start) - start);
    };
    EXPECT_EQ(written(0.7), "0.7");
    EXPECT_EQ(written(2), "2.0");
    EXPECT_EQ(written(-0.0), "-0.0");
    EXPECT_EQ(written(1e300), "1e+300");
    EXPECT_EQ(written(0.1 + 0.2), "0.30000000000000004");
    EXPECT_EQ(written(std::numeric_limits<double>::infinity()), "null");
    EXPECT_EQ(written(std::nan("")), "null");
}

TEST(SchemaWrite, LeavesOutAbsentPatchFields) {
    EXPECT_EQ(to_json(PlanPatch{}), R"({"name":null})");
    EXPECT_EQ(to_json(PlanPatch{.note = std::optional<std::string>()}), R"({"note":null,"name":null})");
}

TEST(SchemaWrite, WritesEmptyObjects) {
    std::string out = "x";
    Codec<Spans>::write({}, out);
    EXPECT_EQ(out, R"(x{"spans":[]})");
}

}  // namespace
}  // namespace agentic::schema::test
