#include "knowledge/metadata_filter.hpp"

#include <gtest/gtest.h>

namespace agentic::knowledge {
namespace {

bool matches(std::string_view filter, std::string_view metadata) {
    const auto parsed = MetadataFilter::parse(filter);
    EXPECT_TRUE(parsed) << filter;
    return parsed && parsed->matches(metadata);
}

Violations violations_of(std::string_view filter) {
    const auto parsed = MetadataFilter::parse(filter);
    EXPECT_FALSE(parsed) << filter;
    if (parsed) return {};
    EXPECT_EQ(parsed.error().code, ErrorCode::validation_error);
    return parsed.error().violations;
}

constexpr std::string_view kMetadata = R"({"team":"legal","year":2024,"price":9.5,"draft":false,"tags":["a","b"],"date":"2024-05-01","none":null,"type":"report"})";

TEST(MetadataFilter, EqualityInBothForms) {
    EXPECT_TRUE(matches(R"({"team":"legal"})", kMetadata));
    EXPECT_TRUE(matches(R"({"team":"legal","year":2024.0,"draft":false})", kMetadata));
    EXPECT_FALSE(matches(R"({"team":"legal","year":2023})", kMetadata));
    EXPECT_TRUE(matches(R"({"type":"eq","key":"year","value":2024})", kMetadata));
    EXPECT_FALSE(matches(R"({"type":"eq","key":"year","value":"2024"})", kMetadata));
    EXPECT_TRUE(matches(R"({"type":"report"})", kMetadata));  // a key that is called type
    EXPECT_TRUE(matches(R"({"tags":"b"})", kMetadata));
    EXPECT_FALSE(matches(R"({"tags":"c"})", kMetadata));
    EXPECT_TRUE(matches(R"({"none":null,"missing":null})", kMetadata));
    EXPECT_FALSE(matches(R"({"team":null})", kMetadata));
}

TEST(MetadataFilter, ComparesNumbersAndTexts) {
    const auto compare = [](std::string_view type, std::string_view key, std::string_view value) {
        return matches(R"({"type":")" + std::string(type) + R"(","key":")" + std::string(key) + R"(","value":)" + std::string(value) + "}", kMetadata);
    };
    EXPECT_TRUE(compare("gt", "year", "2023"));
    EXPECT_FALSE(compare("gt", "year", "2024"));
    EXPECT_TRUE(compare("gte", "year", "2024"));
    EXPECT_TRUE(compare("lt", "price", "10"));
    EXPECT_TRUE(compare("lte", "price", "9.5"));
    EXPECT_TRUE(compare("gte", "date", "\"2024-01-31\""));
    EXPECT_FALSE(compare("lt", "date", "\"2024-01-31\""));
    EXPECT_FALSE(compare("gt", "date", "5"));       // a text and a number have no order
    EXPECT_FALSE(compare("lte", "missing", "5"));
    EXPECT_FALSE(compare("lte", "draft", "5"));
    EXPECT_TRUE(compare("ne", "team", "\"sales\""));
    EXPECT_TRUE(compare("ne", "missing", "1"));
    EXPECT_TRUE(compare("in", "team", R"(["sales","legal"])"));
    EXPECT_FALSE(compare("in", "team", "[]"));
    EXPECT_TRUE(compare("nin", "team", R"(["sales"])"));
    EXPECT_FALSE(compare("nin", "tags", R"(["x","b"])"));
}

TEST(MetadataFilter, LargeIntegersDoNotRound) {
    EXPECT_FALSE(matches(R"({"n":9007199254740993})", R"({"n":9007199254740992})"));
    EXPECT_TRUE(matches(R"({"type":"gt","key":"n","value":9223372036854775807})", R"({"n":18446744073709551615})"));
}

TEST(MetadataFilter, NestsGroups) {
    constexpr std::string_view kFilter =
        R"({"type":"or","filters":[{"type":"and","filters":[{"team":"legal"},{"type":"lt","key":"year","value":2000}]},{"type":"eq","key":"draft","value":false}]})";
    EXPECT_TRUE(matches(kFilter, kMetadata));
    EXPECT_FALSE(matches(kFilter, R"({"team":"legal","year":2001,"draft":true})"));
    EXPECT_TRUE(matches(kFilter, R"({"team":"legal","year":1999,"draft":true})"));
}

TEST(MetadataFilter, EmptyAllowsEverything) {
    EXPECT_TRUE(matches("{}", kMetadata));
    EXPECT_TRUE(MetadataFilter::parse("{}")->empty());
    EXPECT_TRUE(MetadataFilter().matches("not JSON"));
    EXPECT_FALSE(matches(R"({"a":1})", "not JSON"));
    EXPECT_TRUE(matches(R"({"type":"ne","key":"a","value":1})", "[]"));
}

TEST(MetadataFilter, NamesEveryViolation) {
    const auto found = violations_of(R"({"type":"and","extra":1,"filters":[{"type":"like","key":"a","value":1},{"type":"gt","key":5,"value":true},{"a":[1]},7,{"type":"in","key":"a","value":3}]})");
    EXPECT_EQ(found, (Violations{{"metadata_filter", "has an unknown member"},
                                 {"metadata_filter.filters[0].type", "must be one of eq, ne, gt, gte, lt, lte, in, nin, and, or"},
                                 {"metadata_filter.filters[1].key", "must be a text"},
                                 {"metadata_filter.filters[1].value", "must be a number or a text"},
                                 {"metadata_filter.filters[2].a", "must be a text, a number, true, false or null"},
                                 {"metadata_filter.filters[3]", "must be an object"},
                                 {"metadata_filter.filters[4].value", "must be a list of at most 256 values"}}));
    EXPECT_EQ(violations_of(R"({"type":"eq","key":"a"})").front().field, "metadata_filter.value");
    EXPECT_EQ(violations_of(R"({"type":"or","filters":[]})").front().field, "metadata_filter.filters");
}

TEST(MetadataFilter, IsBounded) {
    std::string deep = R"({"a":1})";
    for (int i = 0; i < 9; ++i) deep = R"({"type":"and","filters":[)" + deep + "]}";
    EXPECT_EQ(violations_of(deep).front().issue, "is nested deeper than 8 levels");
    std::string wide = "{";
    for (int i = 0; i < 65; ++i) wide += (i ? ",\"k" : "\"k") + std::to_string(i) + "\":1";
    EXPECT_EQ(violations_of(wide + "}").front().issue, "has more than 64 conditions");
    EXPECT_EQ(violations_of(R"({"a":")" + std::string(1025, 'x') + "\"}").front().field, "metadata_filter.a");
    EXPECT_EQ(violations_of(R"({")" + std::string(129, 'x') + "\":1}").front().field, "metadata_filter");
    EXPECT_EQ(MetadataFilter::parse(std::string(100, '[')).error().code, ErrorCode::bad_request);
    EXPECT_EQ(MetadataFilter::parse("{").error().code, ErrorCode::bad_request);
}

}  // namespace
}  // namespace agentic::knowledge
