#include "schema/text.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "unit/schema/fixtures.hpp"
#include "schema/enum.hpp"
#include "schema/rules.hpp"

enum class Model { gpt, o3 };
template <>
inline constexpr std::array agentic::schema::enum_names<Model> = {std::string_view("gpt-4o"), std::string_view("o3-mini")};

namespace agentic::schema::test {
namespace {

TEST(SchemaText, KnowsSlugs) {
    EXPECT_TRUE(is_slug("a-1"));
    for (const auto* text : {"", "A", "a_b", "a b", "ä"}) EXPECT_FALSE(is_slug(text)) << text;
}

TEST(SchemaText, KnowsEmailAddresses) {
    for (const auto* text : {"a@b", "first.last+tag@mail.example.com", "o'neil@example.org", "ü@exämple.org"}) EXPECT_TRUE(is_email(text)) << text;
    for (const auto* text : {"", "a", "@b", "a@", "a@@b", "a b@c", "a@b c", ".a@b", "a.@b", "a..b@c", "a@.b", "a@b.", "a@-b", "a@b..c", "a\n@b", "\"a\"@b", "a@b,c"})
        EXPECT_FALSE(is_email(text)) << text;
    EXPECT_FALSE(is_email(std::string(65, 'a') + "@b"));
    EXPECT_FALSE(is_email("a@" + std::string(300, 'b')));
}

TEST(SchemaText, KnowsHttpUrls) {
    for (const auto* text : {"http://a", "https://a.example/b?c=d#e", "http://[::1]:80/"}) EXPECT_TRUE(is_http_url(text)) << text;
    for (const auto* text : {"", "ftp://a", "http://", "http:///a", "javascript:alert(1)", "http://a b", "http://a\n", "HTTP:a", "http://?x", "http://a\\b"})
        EXPECT_FALSE(is_http_url(text)) << text;
}

TEST(SchemaText, CountsCodePoints) {
    EXPECT_EQ(code_points(""), 0U);
    EXPECT_EQ(code_points("aé€😀"), 4U);
}

TEST(SchemaEnum, ReadsNamesFromTheCompiler) {
    EXPECT_EQ(enum_names<Colour>.size(), 3U);
    EXPECT_EQ(enum_text(Colour::default_), "default");
    EXPECT_EQ(enum_text(static_cast<Colour>(9)), "");
    EXPECT_EQ(parse_enum<Colour>("red"), Colour::red);
    EXPECT_EQ(parse_enum<Colour>("Red"), std::nullopt);
    EXPECT_EQ(parse_enum<Colour>(""), std::nullopt);
}

TEST(SchemaEnum, TakesNamesFromATable) {
    EXPECT_EQ(enum_text(Model::o3), "o3-mini");
    EXPECT_EQ(parse_enum<Model>("gpt-4o"), Model::gpt);
}

}  // namespace
}  // namespace agentic::schema::test
