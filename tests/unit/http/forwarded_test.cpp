#include "http/forwarded.hpp"

#include <gtest/gtest.h>

namespace agentic::http {
namespace {

struct Seen {
    std::string address;
    bool https;
    bool operator==(const Seen&) const = default;
};

Seen resolved(const TrustedProxies& proxies, std::string_view peer, std::vector<std::pair<std::string, std::string>> fields) {
    Request request;
    for (const auto& [name, value] : fields) request.headers.add(name, value);
    proxies.resolve(peer, request);
    return {request.remote_address, request.https};
}

TEST(TrustedProxies, IgnoresForwardedFieldsOfStrangers) {
    const auto none = TrustedProxies();
    const auto some = *TrustedProxies::create({"10.0.0.0/8"});
    for (const auto* proxies : {&none, &some})
        EXPECT_EQ(resolved(*proxies, "1.2.3.4", {{"X-Forwarded-For", "9.9.9.9"}, {"X-Forwarded-Proto", "https"}}), (Seen{"1.2.3.4", false}));
}

TEST(TrustedProxies, TakesTheLastAddressThatIsNoProxy) {
    const auto proxies = *TrustedProxies::create({"10.0.0.0/8", "fd00::/8", "192.168.1.7"});
    EXPECT_EQ(resolved(proxies, "10.1.1.1", {{"X-Forwarded-For", "6.6.6.6, 5.5.5.5, 10.2.2.2"}, {"X-Forwarded-Proto", "https"}}), (Seen{"5.5.5.5", true}));
    EXPECT_EQ(resolved(proxies, "fd00::1", {{"x-forwarded-for", "6.6.6.6"}, {"x-forwarded-for", "2001:db8::9"}}), (Seen{"2001:db8::9", false}));
    EXPECT_EQ(resolved(proxies, "192.168.1.7", {}), (Seen{"192.168.1.7", false}));
    EXPECT_EQ(resolved(proxies, "192.168.1.8", {{"X-Forwarded-For", "1.1.1.1"}}).address, "192.168.1.8");
}

TEST(TrustedProxies, SurvivesMalformedAndHugeChains) {
    const auto proxies = *TrustedProxies::create({"10.0.0.0/8"});
    for (const std::string value : {",", ", ", "garbage", "1.2.3.4:80", "[::1]", "999.1.1.1", "", "fe80::1%eth0"})
        EXPECT_EQ(resolved(proxies, "10.0.0.1", {{"X-Forwarded-For", value}}).address, "10.0.0.1") << value;
    EXPECT_EQ(resolved(proxies, "10.0.0.1", {{"X-Forwarded-For", "1.1.1.1, oops, 10.0.0.2"}}).address, "10.0.0.2");
    std::string many;
    for (int i = 0; i < 10'000; ++i) many += "10.0.0.9,";
    EXPECT_EQ(resolved(proxies, "10.0.0.1", {{"X-Forwarded-For", many + "10.0.0.3"}}).address, "10.0.0.9");
}

TEST(TrustedProxies, RefusesMalformedBlocks) {
    for (const std::string block : {"", "10.0.0.0/33", "10.0.0/8", "::/129", "10.0.0.0/", "10.0.0.0/8x", "host", "1.2.3.4/0", "10.0.0.1/8", "fd00::1/8"}) {
        const auto proxies = TrustedProxies::create({"127.0.0.1", block});
        ASSERT_FALSE(proxies.has_value()) << block;
        EXPECT_TRUE(proxies.error().public_message.contains("'" + block + "'")) << proxies.error().public_message;
    }
    EXPECT_TRUE(TrustedProxies::create({"::/0"})->contains("1.2.3.4"));
    EXPECT_TRUE(TrustedProxies::create({"0.0.0.0/0"})->contains("9.9.9.9"));
    EXPECT_FALSE(TrustedProxies::create({"0.0.0.0/0"})->contains("2001:db8::1"));
}

}  // namespace
}  // namespace agentic::http
