#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>

#include "http/address_guard.hpp"

namespace agentic::http {
namespace {

IpAddress ip(std::string_view text) {
    const auto address = IpAddress::parse(text);
    EXPECT_TRUE(address) << text;
    return address.value_or(IpAddress{});
}

TEST(AddressGuard, RefusesEverySpecialRangeAtBothEnds) {
    const AddressGuard guard;
    for (const std::string_view text :
         {"0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "100.100.100.200", "127.0.0.0", "127.0.0.1", "127.255.255.255",
          "168.63.129.16", "169.254.0.0", "169.254.169.254", "169.254.255.255", "172.16.0.0", "172.31.255.255", "192.0.0.0", "192.0.0.192", "192.0.0.255",
          "192.0.2.0", "192.0.2.255", "192.31.196.1", "192.52.193.1", "192.88.99.1", "192.168.0.0", "192.168.255.255", "192.175.48.1", "198.18.0.0",
          "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.0", "239.255.255.255", "240.0.0.0", "255.255.255.254", "255.255.255.255",
          "::", "::1", "::7f00:1", "::a00:1", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "::ffff:10.0.0.1", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1",
          "64:ff9b::8.8.8.8", "64:ff9b:1::1", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:10::1",
          "2001:20::1", "2001:db8::1", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2002:808:808::1", "3fff::1", "3fff:fff:ffff::1", "5f00::1", "fc00::1", "fd00:ec2::254",
          "fdff::1", "fe80::1", "febf::1", "fec0::1", "feff::1", "ff02::1", "ffff::1", "4000::1", "2606:4700::5efe:7f00:1", "2606:4700::200:5efe:a00:1"}) {
        EXPECT_FALSE(guard.allows(ip(text), 80)) << text;
    }
}

TEST(AddressGuard, LetsPublicAddressesPass) {
    const AddressGuard guard;
    for (const std::string_view text : {"1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0", "169.253.255.255",
                                        "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.1", "192.0.3.0", "192.167.255.255", "192.169.0.0", "198.17.255.255",
                                        "198.20.0.0", "223.255.255.255", "2001:200::1", "2606:4700::1111", "2a00::1", "3ffe::1", "2003::1", "::ffff:8.8.8.8"}) {
        EXPECT_TRUE(guard.allows(ip(text), 443)) << text;
    }
    EXPECT_FALSE(guard.allows(ip("8.8.8.8"), 0));
}

TEST(AddressGuard, OpensExactlyWhatTheOperatorNames) {
    const auto guard = AddressGuard::create("127.0.0.1/32:8080, 10.1.0.0/16  192.168.1.7,fd00:1::/32 [fd00:2::/64]:9000,[fe80::1]:1");
    ASSERT_TRUE(guard);
    EXPECT_TRUE(guard->allows(ip("127.0.0.1"), 8080));
    EXPECT_TRUE(guard->allows(ip("::ffff:127.0.0.1"), 8080)) << "the same address";
    EXPECT_FALSE(guard->allows(ip("127.0.0.1"), 8081));
    EXPECT_FALSE(guard->allows(ip("127.0.0.2"), 8080));
    EXPECT_TRUE(guard->allows(ip("10.1.255.255"), 1));
    EXPECT_FALSE(guard->allows(ip("10.0.255.255"), 1));
    EXPECT_FALSE(guard->allows(ip("10.2.0.0"), 1));
    EXPECT_TRUE(guard->allows(ip("192.168.1.7"), 5));
    EXPECT_FALSE(guard->allows(ip("192.168.1.8"), 5));
    EXPECT_TRUE(guard->allows(ip("fd00:1:2::3"), 5));
    EXPECT_FALSE(guard->allows(ip("fd00:3::3"), 5));
    EXPECT_TRUE(guard->allows(ip("fd00:2::3"), 9000));
    EXPECT_FALSE(guard->allows(ip("fd00:2::3"), 9001));
    EXPECT_TRUE(guard->allows(ip("fe80::1"), 1));
}

TEST(AddressGuard, AllowListedHostWorksAndItsNeighbourDoesNot) {  // 200 cases
    for (int i = 1; i <= 200; ++i) {
        const std::string host = "10.0.0." + std::to_string(i);
        const auto guard = AddressGuard::create(host + "/32:" + std::to_string(1000 + i));
        ASSERT_TRUE(guard);
        EXPECT_TRUE(guard->allows(ip(host), static_cast<std::uint16_t>(1000 + i)));
        EXPECT_FALSE(guard->allows(ip(host), static_cast<std::uint16_t>(1001 + i)));
        EXPECT_FALSE(guard->allows(ip("10.0.0." + std::to_string(i + 1)), static_cast<std::uint16_t>(1000 + i)));
        EXPECT_FALSE(guard->allows(ip("10.0.1." + std::to_string(i)), static_cast<std::uint16_t>(1000 + i)));
    }
}

TEST(AddressGuard, ReportsEveryMalformedEntry) {
    const auto guard = AddressGuard::create("10.0.0.0/8, 10.0.0.1/8, localhost, 10.0.0.0/33, 127.0.0.1:0, 127.0.0.1:70000, 10.0.0.0/, 010.0.0.1, [::1, [::1]x, ::1/129");
    ASSERT_FALSE(guard);
    EXPECT_EQ(guard.error().code, ErrorCode::validation_error);
    EXPECT_EQ(guard.error().violations.size(), 10U);
    EXPECT_EQ(guard.error().violations.front().field, "[1]");
    EXPECT_TRUE(AddressGuard::create(" , ,"));
}

TEST(AddressGuard, JudgesSocketAddresses) {
    const auto guard = AddressGuard::create("127.0.0.1:80");
    ASSERT_TRUE(guard);
    sockaddr_in v4{.sin_family = AF_INET, .sin_port = htons(80), .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
    EXPECT_TRUE(guard->allows(reinterpret_cast<const sockaddr&>(v4)));
    v4.sin_port = htons(81);
    EXPECT_FALSE(guard->allows(reinterpret_cast<const sockaddr&>(v4)));
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(80);
    v6.sin6_addr = in6addr_loopback;
    EXPECT_FALSE(guard->allows(reinterpret_cast<const sockaddr&>(v6)));
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    EXPECT_FALSE(guard->allows(reinterpret_cast<const sockaddr&>(local)));
}

TEST(AddressGuard, RefusesThisMachinesOwnPublicAddresses) {
    AddressGuard guard;
    guard.forbid({ip("8.8.8.8")});
    EXPECT_FALSE(guard.allows(ip("8.8.8.8"), 80));
    EXPECT_TRUE(guard.allows(ip("8.8.4.4"), 80));
    auto opened = AddressGuard::create("8.8.8.8:80");
    ASSERT_TRUE(opened);
    opened->forbid({ip("8.8.8.8")});
    EXPECT_TRUE(opened->allows(ip("8.8.8.8"), 80)) << "the operator's list wins";
    EXPECT_FALSE(opened->allows(ip("8.8.8.8"), 443));
    EXPECT_TRUE(std::ranges::contains(interface_addresses(), ip("127.0.0.1")));
}

}  // namespace
}  // namespace agentic::http
