#include "http/outbound_url.hpp"

#include <gtest/gtest.h>

namespace agentic::http {
namespace {

TEST(OutboundUrl, TakesApartPlainUrls) {
    EXPECT_EQ(*parse_outbound_url("https://api.example.com/v1?x=1#y"), (UrlTarget{true, "api.example.com", 443}));
    EXPECT_EQ(*parse_outbound_url("HTTP://Model_1.Example:8080"), (UrlTarget{false, "model_1.example", 8080}));
    EXPECT_EQ(*parse_outbound_url("http://10.0.0.7:80?x"), (UrlTarget{false, "10.0.0.7", 80}));
    EXPECT_EQ(*parse_outbound_url("http://[2606:4700::1]:81/"), (UrlTarget{false, "2606:4700::1", 81}));
    EXPECT_EQ(*parse_outbound_url("http://localhost/"), (UrlTarget{false, "localhost", 80}));
    EXPECT_EQ(*parse_outbound_url("http://1password.example/"), (UrlTarget{false, "1password.example", 80}));
}

TEST(OutboundUrl, RefusesWhatAnotherParserMightReadDifferently) {
    for (const std::string_view url :
         {"", "http:", "http://", "http:///x", "http:/x", "//x", "x", "ftp://x/", "file:///etc/passwd", "gopher://x/", "unix:/x", "javascript:x", "http://u@x/",
          "http://u:p@x/", "http://x@/", "http://@x/", "http://a\\b/", "http://a\\@b/", "http://a b/", "http://a\tb/", "http://a\nb/", "http://a/\r\nb",
          "http://%61/", "http://a%2fb/", "http://127.0.0.1%00.example/", "http://\xef\xbc\x91/", "http://b\xc3\xbc\x63her.example/", "http://a./", "http://.a/",
          "http://a..b/", "http://127.1/", "http://0x7f000001/", "http://0x7f.1/", "http://2130706433/", "http://0177.0.0.1/", "http://127.0.0.01/",
          "http://127.0.0.1./", "http://1.2.3.4.5/", "http://256.1.1.1/", "http://a.0x1/", "http://a.1/", "http://[::1/", "http://[::1]x/", "http://[::1%25lo]/",
          "http://[::1%lo]/", "http://[v1.x]/", "http://[127.0.0.1]/", "http://::1/", "http://x:/", "http://x:0/", "http://x:65536/", "http://x:+80/",
          "http://x:80a/", "http://x:080000/", "http://x:80:80/", "http://*/", "http://a,b/", "http://a;b/", "http://a&b/", "http://<a>/", "http://a\x7f/"}) {
        EXPECT_FALSE(parse_outbound_url(url)) << url;
    }
    EXPECT_FALSE(parse_outbound_url("http://" + std::string(64, 'a') + ".example/"));
    EXPECT_FALSE(parse_outbound_url("http://x/" + std::string(9000, 'a')));
}

TEST(OutboundUrl, MessagesNeverContainTheUrl) {
    const auto refused = parse_outbound_url("http://user:canary@x/?key=canary");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::bad_request);
    EXPECT_FALSE((refused.error().public_message + refused.error().internal_context).contains("canary"));
}

TEST(OutboundUrl, ResolvesLocations) {
    const std::string base = "https://a.example:8/b/c?d#e";
    EXPECT_EQ(resolve_location(base, "http://x/y"), "http://x/y");
    EXPECT_EQ(resolve_location(base, "//x/y"), "https://x/y");
    EXPECT_EQ(resolve_location(base, "/x?y"), "https://a.example:8/x?y");
    EXPECT_EQ(resolve_location(base, "x"), "https://a.example:8/b/x");
    EXPECT_EQ(resolve_location(base, "?x"), "https://a.example:8/b/c?x");
    EXPECT_EQ(resolve_location("http://a", "x"), "http://a/x");
    EXPECT_EQ(resolve_location(base, "file:///etc/passwd"), "file:///etc/passwd");
}

}  // namespace
}  // namespace agentic::http
