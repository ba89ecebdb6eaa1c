// The forbidden network: more than 300 URLs against real listeners on every loopback address, v4 and v6, which count what reaches them.
// The negative control sends the same URLs without the guard: what addresses a listener must then arrive, or the table tests nothing.
#include <gtest/gtest.h>

#include <clocale>
#include <format>

#include "http/outbound.hpp"
#include "support/scripted_resolver.hpp"
#include "support/scripted_run.hpp"
#include "support/scripted_server.hpp"

namespace agentic::http {
namespace {

using namespace std::chrono_literals;
using namespace test;

/// Everything goes: what the platform would do without its guard.
class OpenPolicy final : public ConnectPolicy {
public:
    Result<void> check_url(std::string_view) const override { return {}; }
    bool allows(const sockaddr&) const override { return true; }
};

struct Case {
    std::string url;
    bool local;  // addresses a listener of ours: the negative control must connect
};

// One address in every notation that some resolver or parser takes for it.
std::vector<std::string> notations(std::uint32_t ip) {
    const auto a = ip >> 24, b = ip >> 16 & 0xff, c = ip >> 8 & 0xff, d = ip & 0xff;
    const auto quad = std::format("{}.{}.{}.{}", a, b, c, d);
    return {quad,
            std::format("{}", ip),
            std::format("{:#x}", ip),
            std::format("{:#X}", ip),
            std::format("0{:o}", ip),
            std::format("{:#x}.{:#x}.{:#x}.{:#x}", a, b, c, d),
            std::format("{:#04x}.{}.{}.{}", a, b, c, d),
            std::format("0{:o}.0{:o}.0{:o}.0{:o}", a, b, c, d),
            std::format("0{:o}.{}.{}.{}", a, b, c, d),
            std::format("000{:o}.{}.{}.{:#x}", a, b, c, d),
            std::format("{}.{}", a, ip & 0xffffff),
            std::format("{}.{:#x}", a, ip & 0xffffff),
            std::format("{:#x}.{}", a, ip & 0xffffff),
            std::format("{}.{}.{}", a, b, ip & 0xffff),
            std::format("0{:o}.{}.{:#x}", a, b, ip & 0xffff),
            std::format("user@{}", quad),
            std::format("user:password@{}", quad),
            std::format("example.com@{}", quad),
            std::format("example.com%40@{}", quad),
            std::format("[::ffff:{}]", quad),
            std::format("[::ffff:{:x}:{:x}]", ip >> 16, ip & 0xffff),
            std::format("[0:0:0:0:0:ffff:{}]", quad),
            std::format("[0000:0000:0000:0000:0000:ffff:{:04x}:{:04x}]", ip >> 16, ip & 0xffff),
            std::format("[::FFFF:{:X}:{:X}]", ip >> 16, ip & 0xffff)};
}

class ForbiddenNetwork : public testing::Test {
protected:
    void SetUp() override {
        std::setlocale(LC_ALL, "C.UTF-8");  // without it libcurl leaves full-width digits alone
        for (int attempt = 0; attempt < 20 && listeners.size() != 2; ++attempt) {  // the same port on both families
            listeners.clear();
            listeners.push_back(listen("0.0.0.0", 0));
            try {
                listeners.push_back(listen("::", listeners[0]->port()));
            } catch (const boost::system::system_error&) {
            }
        }
        ASSERT_EQ(listeners.size(), 2U);
        port = listeners[0]->port();
        allowed = std::make_unique<ScriptedServer>(context, [this](const ScriptedRequest& request) { return redirect(request); }, "127.0.0.3");
        allow_list = std::format("127.0.0.3/32:{}", allowed->port());
    }

    std::unique_ptr<ScriptedServer> listen(const std::string& address, std::uint16_t on) {
        return std::make_unique<ScriptedServer>(context, [](const ScriptedRequest&) -> Steps { return {Send{http_answer(200, "reached")}, Close{}}; }, address, on);
    }

    // GET /<status>/<hops>/<target>: redirects to itself `hops` times, then to the target.
    Steps redirect(const ScriptedRequest& request) const {
        int status = 302, hops = 0;
        char target[512] = "";
        if (std::sscanf(request.target.c_str(), "/%d/%d/%511s", &status, &hops, target) != 3) return {Send{http_answer(200, "allowed")}, Close{}};
        const std::string location = hops > 0 ? std::format("/{}/{}/{}", status, hops - 1, target) : std::string(target);
        return {Send{http_answer(status, "", std::format("location: {}\r\n", location))}};
    }

    int reached() const { return listeners[0]->accepted() + listeners[1]->accepted(); }

    int try_url(std::unique_ptr<const ConnectPolicy> policy, const std::string& url, int redirects = 3) {
        auto client = make_outbound_client(std::move(policy));
        const int before = reached();
        OutboundRequest request;
        request.method = "GET";
        request.url = url;
        request.connect_timeout = 200ms;
        request.total_timeout = 200ms;
        request.max_redirects = redirects;
        (void)run(context, (*client)->send(std::move(request)));
        context.restart();
        context.poll();
        return reached() - before;
    }
    int guarded(const std::string& url) { return try_url(std::make_unique<GuardedPolicy>(*AddressGuard::create(allow_list)), url); }
    int unguarded(const std::string& url) { return try_url(std::make_unique<OpenPolicy>(), url); }

    std::vector<Case> table() const;

    asio::io_context context;
    std::vector<std::unique_ptr<ScriptedServer>> listeners;
    std::unique_ptr<ScriptedServer> allowed;  // the operator's: redirects, and good first answers of the resolver
    std::string allow_list;
    std::uint16_t port = 0;
};

std::vector<Case> ForbiddenNetwork::table() const {
    std::vector<Case> out;
    const auto host = [&](const std::string& name, bool local) { out.push_back({std::format("http://{}:{}/", name, port), local}); };
    for (const std::uint32_t ip : {0x7f000001U, 0x7f000002U, 0x7f010203U, 0x7fc0a801U, 0x7ffffffeU, 0x00000000U}) {
        for (const auto& name : notations(ip)) host(name, true);
    }
    for (const std::uint32_t ip : {0xa9fea9feU, 0x0a000001U, 0xac100001U, 0xc0a80001U, 0x64646464U, 0xffffffffU}) {  // nobody listens there, on most machines
        for (const auto& name : notations(ip)) host(name, false);
    }
    for (const std::string name : {"localhost", "LOCALHOST", "LocalHost", "[::1]", "[0:0:0:0:0:0:0:1]", "[0000::0001]", "[::0.0.0.1]", "[::]", "[0::0]", "0",
                                   "\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1",          // full-width digits
                                   "\xe2\x91\xa0\xe2\x91\xa1\xe2\x91\xa6.0.0.1",          // circled digits
                                   "127\xe3\x80\x82" "0\xe3\x80\x82" "0\xe3\x80\x82" "1"  // ideographic full stops
         }) {
        host(name, true);
    }
    for (const std::string name : {"[::127.0.0.1]", "[::7f00:1]", "[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]", "[64:ff9b::a9fe:a9fe]", "[2002:7f00:1::]",
                                   "[2002:a9fe:a9fe::1]", "[2001:0:7f00:1::]", "[fe80::1]", "[fe80::1%25lo]", "[::1%25lo]", "[fc00::1]", "[fd00:ec2::254]", "[fec0::1]", "[ff02::1]",
                                   "[::ffff:0:127.0.0.1]", "[2606:4700::5efe:7f00:1]", "127.0.0.1.", "localhost.", "127.0.0.1%00.example", "127.0.0.1%2eexample.invalid",
                                   "[::1", "::1", "[127.0.0.1]", "127.0.0.1\\@example.invalid", "example.invalid\\@127.0.0.1", "127.0.0.1 .example", "127.0.0.1\t", "256.0.0.1",
                                   "127.0.0.0x1.invalid", "0x7f.0x0.0x0.0x100"}) {
        host(name, false);
    }
    for (const std::string url : {"file:///etc/passwd", "file://127.0.0.1/etc/passwd", "gopher://127.0.0.1:{}/_x", "ftp://127.0.0.1:{}/", "dict://127.0.0.1:{}/x", "ldap://127.0.0.1:{}/",
                                  "tftp://127.0.0.1:{}/x", "telnet://127.0.0.1:{}", "ws://127.0.0.1:{}/", "http+unix://%2ftmp%2fsock/", "unix:/tmp/sock", "127.0.0.1:{}", "//127.0.0.1:{}/"}) {
        out.push_back({std::vformat(url, std::make_format_args(port)), false});
    }
    for (const std::string url : {"https://127.0.0.1:{}/", "HTTP://127.0.0.1:{}/", "http://127.0.0.1:{}?x", "http://127.0.0.1:{}#@example.invalid/", "http://example.invalid@127.0.0.1:{}/",
                                  "https://localhost:{}/", "https://[::1]:{}/"}) {
        out.push_back({std::vformat(url, std::make_format_args(port)), true});
    }
    const std::string redirector = std::format("http://127.0.0.3:{}", allowed->port());
    for (const int status : {301, 302, 303, 307, 308}) {
        for (const std::string target : {"http://127.0.0.1:{}/", "https://127.0.0.1:{}/", "http://[::1]:{}/", "http://2130706433:{}/", "//127.0.0.1:{}/", "http://localhost:{}/"}) {
            for (const int hops : {0, 2}) out.push_back({std::format("{}/{}/{}/{}", redirector, status, hops, std::vformat(target, std::make_format_args(port))), true});
        }
        out.push_back({std::format("{}/{}/0/{}", redirector, status, "file:///etc/passwd"), false});
        out.push_back({std::format("{}/{}/0/{}", redirector, status, std::format("gopher://127.0.0.1:{}/", port)), false});
        out.push_back({std::format("{}/{}/3/{}", redirector, status, std::format("http://127.0.0.1:{}/", port)), false});  // a hop too many
    }
    return out;
}

TEST_F(ForbiddenNetwork, NoUrlReachesAListener) {
    const auto cases = table();
    EXPECT_GE(cases.size(), 300U);
    for (const auto& [url, local] : cases) EXPECT_EQ(guarded(url), 0) << url;
    EXPECT_GE(allowed->accepted(), 50) << "the redirects were followed";
}

TEST_F(ForbiddenNetwork, NegativeControlWithoutTheGuardTheyConnect) {
    int local = 0, connected = 0;
    for (const auto& [url, is_local] : table()) {
        if (!is_local) continue;
        ++local;
        if (unguarded(url) > 0) {
            ++connected;
        } else {
            std::puts(("not reached without the guard: " + url).c_str());
        }
    }
    EXPECT_GE(local, 200);
    EXPECT_GE(connected * 100, local * 95) << connected << " of " << local;
}

TEST_F(ForbiddenNetwork, AnswersOfANameServerCannotSteerAConnection) {
    const std::vector<std::pair<std::string, std::vector<std::vector<std::string>>>> names = {
        {"private.test", {{"127.0.0.1"}}},
        {"private6.test", {{"::1"}}},
        {"mapped.test", {{"::ffff:127.0.0.1"}}},
        {"any.test", {{"0.0.0.0"}}},
        {"mixed.test", {{"127.0.0.3", "127.0.0.1"}}},
        {"mixed-reversed.test", {{"127.0.0.1", "127.0.0.3"}}},
        {"mixed-families.test", {{"::1", "127.0.0.1"}}},
        {"metadata.test", {{"169.254.169.254"}}},
        {"rebinding.test", {{"127.0.0.3"}, {"127.0.0.1"}}},
        {"rebinding6.test", {{"127.0.0.3"}, {"::1"}}},
        {"flipping.test", {{"127.0.0.3"}, {"127.0.0.1"}, {"127.0.0.3"}, {"::1"}, {"127.0.0.1", "127.0.0.3"}}},
    };
    int unguarded_connections = 0;
    for (const auto& [name, answers] : names) {
        script_name(name, answers);
        for (int i = 0; i < 6; ++i) {  // a new client each time, so that no cache hides the flip
            EXPECT_EQ(guarded(std::format("http://{}:{}/", name, port)), 0) << name;
            EXPECT_EQ(guarded(std::format("http://{}:{}/", name, allowed->port())), 0) << name;
        }
        EXPECT_GE(lookups_of(name), 12) << name;
        script_name(name, answers);
        for (int i = 0; i < 6; ++i) unguarded_connections += unguarded(std::format("http://{}:{}/", name, port));
    }
    EXPECT_GE(unguarded_connections, 40) << "the negative control";
}

TEST_F(ForbiddenNetwork, AllowedAddressOfAMixedAnswerStillWorks) {
    script_name("mixed-good.test", {{"127.0.0.1", "127.0.0.3"}});
    auto client = make_outbound_client(std::make_unique<GuardedPolicy>(*AddressGuard::create(allow_list)));
    OutboundRequest request;
    request.url = std::format("http://mixed-good.test:{}/", allowed->port());
    const auto response = run(context, (*client)->send(std::move(request)));
    ASSERT_TRUE(response) << response.error().internal_context;
    EXPECT_EQ(response->body, "allowed");
}

TEST_F(ForbiddenNetwork, RefusalDoesNotTellWhatListens) {
    auto client = make_outbound_client(std::make_unique<GuardedPolicy>(AddressGuard()));
    script_name("open.test", {{"127.0.0.1"}});
    std::vector<Error> errors;
    for (const int target_port : {static_cast<int>(port), 1}) {
        OutboundRequest request;
        request.url = std::format("http://open.test:{}/", target_port);
        const auto response = run(context, (*client)->send(std::move(request)));
        ASSERT_FALSE(response);
        errors.push_back(response.error());
    }
    EXPECT_EQ(errors[0].code, ErrorCode::forbidden);
    EXPECT_EQ(errors[1].code, ErrorCode::forbidden);
    EXPECT_EQ(errors[0].public_message, errors[1].public_message);
}

}  // namespace
}  // namespace agentic::http
