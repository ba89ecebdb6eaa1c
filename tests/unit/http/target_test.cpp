#include "http/target.hpp"

#include <gtest/gtest.h>

namespace agentic::http {
namespace {

std::string decoded(std::string_view raw) {
    std::string out;
    return decode_path(raw, out) ? out : "refused";
}

TEST(Target, DecodesAPathOnce) {
    EXPECT_EQ(decoded("/"), "/");
    EXPECT_EQ(decoded("/v1/agents/a%20b"), "/v1/agents/a b");
    EXPECT_EQ(decoded("/%76%31/x"), "/v1/x");
    EXPECT_EQ(decoded("/caf%C3%A9"), "/caf\xc3\xa9");
    EXPECT_EQ(decoded("/a;x=1/b"), "/a;x=1/b");
    EXPECT_EQ(decoded("/docs/"), "/docs/");
}

TEST(Target, RefusesEverySpellingThatAProxyCouldReadDifferently) {
    for (const std::string_view raw : {"", "v1", "//v1", "/v1//agents", "/v1/./agents", "/v1/../admin", "/..", "/.", "/v1/%2e%2e/admin", "/v1/%2E/x", "/v1/.%2e/x", "/v1%2Fagents",
                                       "/v1%2fagents", "/v1\\agents", "/v1%5cagents", "/v1%5Cagents", "/a%00", "/a%0d%0a", "/a%7f", "/%252e%252e/", "/%25", "/%", "/%2", "/%zz", "/%c0%af",
                                       "/%ff", "/a b", "/a\"b", "/a<b", "/a{b}", "/a|b", "/a^b", "/a`b", "/a#b", "/\xc3\xa9"})
        EXPECT_EQ(decoded(raw), "refused") << raw;
}

TEST(Target, DecodesQueryFieldsInOrder) {
    QueryFields fields;
    ASSERT_TRUE(decode_query("a=1&b=x+y%26&&c&d=&a=2&e==", fields));
    EXPECT_EQ(fields, (QueryFields{{"a", "1"}, {"b", "x y&"}, {"c", ""}, {"d", ""}, {"a", "2"}, {"e", "="}}));
}

TEST(Target, RefusesMalformedQueries) {
    QueryFields fields;
    for (const std::string_view raw : {"a=%", "a=%1", "a=%gg", "%=1", "a=%00", "a=%ff", "a=%ed%a0%80", "%c3=1"}) EXPECT_FALSE(decode_query(raw, fields)) << raw;
    std::string many;
    for (int i = 0; i < 201; ++i) many += "a=1&";
    EXPECT_FALSE(decode_query(many, fields));
}

TEST(Target, DecodesForms) {
    const auto fields = decode_form("username=a%40b.c&password=p+w%21");
    ASSERT_TRUE(fields.has_value());
    EXPECT_EQ(*fields, (QueryFields{{"username", "a@b.c"}, {"password", "p w!"}}));
    EXPECT_FALSE(decode_form("a=%zz").has_value());
}

TEST(Target, ChecksAuthorities) {
    for (const std::string_view text : {"localhost", "example.com", "example.com:8000", "127.0.0.1:1", "[::1]", "[::1]:80", "a_b.c"}) EXPECT_TRUE(is_valid_authority(text)) << text;
    for (const std::string_view text : {"", ":80", "a:b", "a:65536", "a:", "a:80:80", "user@host", "a,b", "a b", "a/b", "[::1", "[]", "[::1]x", "[g::1]", "a\tb", "a:+1", "a:000080", "h?x", "\xc3\xa9"})
        EXPECT_FALSE(is_valid_authority(text)) << text;
}

}  // namespace
}  // namespace agentic::http
