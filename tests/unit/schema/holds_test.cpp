#include <gtest/gtest.h>

#include "schema/engine.hpp"

namespace agentic::schema::test {

struct Carrier {
    JsonText names{R"(["a"])"};
    JsonText part{"{}"};
};

}  // namespace agentic::schema::test

template <>
struct agentic::schema::Rules<agentic::schema::test::Carrier> {
    static constexpr auto fields = std::tuple{
        field("names", holds(R"("type":"array","items":{"type":"string"})"), describe("Names.")),
        field("part", holds(R"("$ref":"#/components/schemas/Part")")),
    };
};
template struct agentic::schema::Codec<agentic::schema::test::Carrier>;

namespace agentic::schema::test {
namespace {

TEST(SchemaHolds, DescribesCarriedJsonAndLeavesItAsItIs) {
    std::string described;
    Codec<Carrier>::type().describe(described, Type::Direction::output);
    EXPECT_NE(described.find(R"("names":{"type":"array","items":{"type":"string"},"description":"Names.")"), described.npos) << described;
    EXPECT_NE(described.find(R"("part":{"$ref":"#/components/schemas/Part"})"), described.npos) << described;
    EXPECT_EQ(to_json(Carrier{}), R"({"names":["a"],"part":{}})");
}

}  // namespace
}  // namespace agentic::schema::test
