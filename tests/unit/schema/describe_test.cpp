#include "unit/schema/support.hpp"

namespace agentic::schema::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::string schema_of(const Type& type, Type::Direction direction = Type::Direction::input) {
    std::string json;
    type.describe(json, direction);
    return json;
}

TEST(SchemaDescribe, DescribesEveryKind) {
    EXPECT_EQ(schema_of(Codec<Plan>::type()),
              R"({"type":"object","description":"What is to be done.","properties":{)"
              R"("name":{"type":"string","minLength":1,"maxLength":8,"description":"Shown to people.","examples":["Move house"]},)"
              R"("slug":{"type":"string","pattern":"^[a-z0-9-]+$"},)"
              R"("note":{"type":["string","null"]},)"
              R"("temperature":{"type":"number","format":"double","minimum":0.0,"maximum":2.0,"default":0.7},)"
              R"("limit":{"type":"integer","format":"int32","minimum":1,"maximum":100,"default":20},)"
              R"("cost_micros":{"type":"integer","format":"int64","minimum":0,"default":0},)"
              R"("active":{"type":"boolean","default":true},)"
              R"("colour":{"type":"string","enum":["red","green","default"],"default":"green"},)"
              R"("tags":{"type":"array","items":{"type":"string","minLength":1,"maxLength":4},"maxItems":3,"default":["one"]},)"
              R"("steps":{"type":"array","items":{"$ref":"#/components/schemas/Step"},"maxItems":200},)"
              R"("last":{"anyOf":[{"$ref":"#/components/schemas/Step"},{"type":"null"}]},)"
              R"("owner":{"type":"string","format":"uuid"},)"
              R"("starts_at":{"type":"string","format":"date-time"},)"
              R"("config":{"type":"object","maxProperties":5,"default":{}},)"
              R"("parent":{"type":"string","writeOnly":true}},)"
              R"("required":["name","slug","steps","owner","starts_at"],"additionalProperties":false})");
}

TEST(SchemaDescribe, AnswersAlwaysHaveEveryField) {
    const auto json = schema_of(Codec<Step>::type(), Type::Direction::output);
    EXPECT_THAT(json, HasSubstr(R"("required":["slug","retries"])"));
    EXPECT_THAT(schema_of(Codec<Plan>::type(), Type::Direction::output), Not(HasSubstr(R"("default":)")));
    EXPECT_THAT(schema_of(Codec<PlanPatch>::type(), Type::Direction::output), HasSubstr(R"("required":["name"])"));
}

TEST(SchemaDescribe, NamesTypesAndWhatTheyRefTo) {
    EXPECT_EQ(Codec<Plan>::type().name, "Plan");
    EXPECT_EQ(Codec<Lenient>::type().name, "VendorRequest");
    EXPECT_THAT(Codec<Plan>::type().nested(), ElementsAre(&Codec<Step>::type()));
    EXPECT_THAT(Codec<Spans>::type().nested(), ElementsAre(&Codec<Span>::type()));
    EXPECT_TRUE(Codec<Step>::type().nested().empty());
}

TEST(SchemaDescribe, LenientTypesAllowMore) { EXPECT_THAT(schema_of(Codec<Lenient>::type()), Not(HasSubstr("additionalProperties"))); }

TEST(SchemaDescribe, ListsQueryParameters) {
    const auto parameters = Codec<PlanQuery>::type().query_parameters();
    ASSERT_EQ(parameters.size(), 8U);
    EXPECT_EQ(parameters[0].name, "page");
    EXPECT_EQ(parameters[0].description, "Counts from 1.");
    EXPECT_FALSE(parameters[0].required);
    EXPECT_EQ(parameters[0].json_schema, R"({"type":"integer","format":"int32","minimum":1,"default":1})");
    EXPECT_EQ(parameters[1].json_schema, R"({"type":"string","enum":["red","green","default"]})");
    EXPECT_FALSE(parameters[3].required);
    EXPECT_EQ(parameters[4].json_schema, R"({"type":"array","items":{"type":"string","format":"uuid"}})");
    EXPECT_TRUE(parameters[7].required);
}

}  // namespace
}  // namespace agentic::schema::test
