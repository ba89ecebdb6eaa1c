#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancel_after.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <cstdlib>
#include <map>
#include <thread>

#include "async/wakeup.hpp"
#include "http/outbound.hpp"
#include "support/scripted_resolver.hpp"
#include "support/scripted_run.hpp"
#include "support/scripted_server.hpp"

namespace agentic::http {
namespace {

using namespace std::chrono_literals;
using namespace test;

std::unique_ptr<OutboundClient> client_for(const std::string& allow_list, OutboundOptions options = {}) {
    auto guard = AddressGuard::create(allow_list);
    EXPECT_TRUE(guard);
    auto client = make_outbound_client(std::make_unique<GuardedPolicy>(*std::move(guard)), std::move(options));
    EXPECT_TRUE(client);
    return *std::move(client);
}

class Outbound : public testing::Test {
protected:
    Result<OutboundResponse> send(ScriptedServer& server, OutboundRequest request = {}) {
        if (!client) client = client_for(server.allow());
        if (request.url.empty()) request.url = server.url("/v1/x?y=1");
        return run(context, client->send(std::move(request)));
    }

    asio::io_context context;
    std::unique_ptr<OutboundClient> client;
};

TEST_F(Outbound, SendsMethodHeadersAndBodyAndReadsTheAnswer) {
    ScriptedServer server(context, {{Send{http_answer(201, R"({"ok":true})", "X-Request-Id: abc \r\n")}}});
    OutboundRequest request;
    request.headers = {{"content-type", "application/json"}, {"x-empty", ""}};
    request.secret_headers.emplace_back("authorization", Secret("Bearer canary"));
    request.body = R"({"a":1})";
    const auto response = send(server, std::move(request));
    ASSERT_TRUE(response) << response.error().internal_context;
    EXPECT_EQ(response->status, 201);
    EXPECT_EQ(response->body, R"({"ok":true})");
    EXPECT_EQ(response->header("x-request-id"), "abc");
    EXPECT_EQ(response->header("missing"), "");
    const auto& seen = server.requests().at(0);
    EXPECT_EQ(seen.method, "POST");
    EXPECT_EQ(seen.target, "/v1/x?y=1");
    EXPECT_EQ(seen.body, R"({"a":1})");
    EXPECT_EQ(seen.header("authorization"), "Bearer canary");
    EXPECT_TRUE(seen.head.contains("x-empty:\r\n"));
    EXPECT_FALSE(seen.head.contains("Expect"));
}

TEST_F(Outbound, SupportsEveryMethod) {
    ScriptedServer server(context, [](const ScriptedRequest& request) -> Steps {
        return {Send{request.method == "HEAD" ? "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n" : http_answer(200, "hello")}};
    });
    for (const std::string method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}) {
        OutboundRequest request;
        request.method = method;
        const auto response = send(server, std::move(request));
        ASSERT_TRUE(response) << method;
        EXPECT_EQ(server.requests().back().method, method);
    }
    EXPECT_EQ(server.accepted(), 1) << "the connection is kept";
}

TEST_F(Outbound, StreamsPiecesAsTheyArrive) {
    ScriptedServer server(context, {{Send{stream_head()}, Send{chunk("one")}, Wait{30ms}, Send{chunk("two")}, Wait{30ms}, Send{last_chunk()}}});
    std::vector<std::string> pieces;
    OutboundRequest request;
    request.on_data = [&](std::string_view piece) { return pieces.emplace_back(piece), true; };
    const auto response = send(server, std::move(request));
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->body, "");
    EXPECT_EQ(pieces, (std::vector<std::string>{"one", "two"}));
}

TEST_F(Outbound, ASlowNameServerHoldsUpNobodyElse) {
    script_name("slow.test", {{"127.0.0.1"}}, 2s);
    client = client_for("");
    const auto start = std::chrono::steady_clock::now();
    auto fired_after = std::chrono::steady_clock::duration::max();
    async::SteadyTimer timer(context, 300ms);
    timer.async_wait([&](boost::system::error_code) { fired_after = std::chrono::steady_clock::now() - start; });
    OutboundRequest request;
    request.url = "http://slow.test/";
    request.total_timeout = 100ms;
    const auto response = run(context, client->send(std::move(request)));
    EXPECT_LT(std::chrono::steady_clock::now() - start, 1500ms);
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, ErrorCode::deadline_exceeded);
    context.restart();
    context.run_for(400ms);
    EXPECT_LT(fired_after, 1500ms) << "the thread was free while the name was looked up";
}

TEST_F(Outbound, StopsWhenTheConsumerHasEnough) {
    ScriptedServer server(context, {{Send{stream_head()}, Send{chunk("one")}, Hang{}}});
    OutboundRequest request;
    request.on_data = [](std::string_view) { return false; };
    const auto response = send(server, std::move(request));
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 200);
    context.restart();
    context.run_for(50ms);
    EXPECT_EQ(server.open(), 0) << "the socket is closed";
}

TEST_F(Outbound, CollectsErrorBodiesEvenWhenStreaming) {
    ScriptedServer server(context, {{Send{http_answer(529, std::string(100'000, 'x'))}}});
    OutboundRequest request;
    request.on_data = [](std::string_view) { return ADD_FAILURE(), true; };
    const auto response = send(server, std::move(request));
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 529);
    EXPECT_EQ(response->body.size(), 64U << 10);
}

TEST_F(Outbound, CapsTheBodyAndTheHead) {
    ScriptedServer server(context, [](const ScriptedRequest& request) -> Steps {
        if (request.target == "/head") return {Send{"HTTP/1.1 200 OK\r\n"}, Send{"a: " + std::string(90'000, 'x') + "\r\n\r\n"}};
        return {Send{http_answer(200, std::string(1001, 'x'))}};
    });
    OutboundRequest large;
    large.max_response_bytes = 1000;
    const auto body = send(server, large);
    ASSERT_FALSE(body);
    EXPECT_EQ(body.error().code, ErrorCode::upstream_error);
    OutboundRequest exact;
    exact.max_response_bytes = 1001;
    EXPECT_TRUE(send(server, exact));
    OutboundRequest head;
    head.url = server.url("/head");
    EXPECT_FALSE(send(server, head));
}

TEST_F(Outbound, CountsDecodedBytesOfCompressedBodies) {
    static constexpr char kGzip[] =  // of 100,000 zero bytes
        "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xed\xc1\x31\x01\x00\x00\x00\xc2\xa0\xf5\x4f\x6d\x0d\x0f\xa0\x00\x00\x00\x00\x00"
        "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
        "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
        "\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
        "\x00\x80\x57\x03\x7d\x95\x11\xd4\xa0\x86\x01\x00";
    const std::string gzip(kGzip, sizeof kGzip - 1);
    ScriptedServer server(context, {{Send{http_answer(200, gzip, "content-encoding: gzip\r\n")}}});
    OutboundRequest request;
    request.accept_compressed = true;
    request.max_response_bytes = 10'000;
    const auto response = send(server, std::move(request));
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, ErrorCode::upstream_error);
    EXPECT_TRUE(server.requests().at(0).header("accept-encoding").contains("gzip"));
}

TEST_F(Outbound, EndsIdleAndSlowCalls) {
    ScriptedServer server(context, [](const ScriptedRequest& request) -> Steps {
        if (request.target == "/silent") return {Hang{}};
        Steps drip{Send{stream_head()}};
        for (int i = 0; i < 100; ++i) drip.insert(drip.end(), {Send{chunk("x")}, Wait{20ms}});
        return drip;
    });
    OutboundRequest idle;
    idle.url = server.url("/silent");
    idle.idle_timeout = 100ms;
    auto begin = std::chrono::steady_clock::now();
    auto response = send(server, idle);
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, ErrorCode::deadline_exceeded);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 1s);
    OutboundRequest drip;
    drip.url = server.url("/drip");
    drip.idle_timeout = 100ms;
    drip.total_timeout = 400ms;
    begin = std::chrono::steady_clock::now();
    response = send(server, drip);
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, ErrorCode::deadline_exceeded);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 390ms) << "the drip is not idle";
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 1500ms);
}

TEST_F(Outbound, ReportsBrokenConnections) {
    ScriptedServer server(context, [](const ScriptedRequest& request) -> Steps {
        if (request.target == "/half") return {Send{stream_head()}, Send{chunk("one")}, Close{}};
        if (request.target == "/nonsense") return {Send{"not http at all\r\n\r\n"}, Close{}};
        return {Close{}};
    });
    for (const std::string path : {"/half", "/nonsense", "/empty"}) {
        OutboundRequest request;
        request.url = server.url(path);
        const auto response = send(server, std::move(request));
        ASSERT_FALSE(response) << path;
        EXPECT_EQ(response.error().code, ErrorCode::upstream_error) << path;
    }
}

TEST_F(Outbound, CancellationClosesTheSocket) {
    ScriptedServer server(context, {{Send{stream_head()}, Send{chunk("one")}, Hang{}}});
    client = client_for(server.allow());
    asio::cancellation_signal signal;
    std::optional<Result<OutboundResponse>> outcome;
    OutboundRequest request;
    request.url = server.url();
    request.on_data = [&](std::string_view) {  // from inside curl's own callback: the hardest moment
        signal.emit(asio::cancellation_type::terminal);
        return true;
    };
    asio::co_spawn(context, client->send(std::move(request)), asio::bind_cancellation_slot(signal.slot(), [&](std::exception_ptr, Result<OutboundResponse> out) {
                       outcome = std::move(out);
                   }));
    context.run_for(200ms);
    ASSERT_TRUE(outcome);
    ASSERT_FALSE(*outcome);
    EXPECT_EQ(outcome->error().code, ErrorCode::cancelled);
    EXPECT_EQ(server.open(), 0);
}

TEST_F(Outbound, CancelAfterEndsAWaitingCall) {
    ScriptedServer server(context, {{Hang{}}});
    client = client_for(server.allow());
    bool ended = false;
    OutboundRequest request;
    request.url = server.url();
    asio::co_spawn(context, client->send(std::move(request)),
                   asio::cancel_after(50ms, [&](std::exception_ptr, Result<OutboundResponse> out) { ended = !out && out.error().code == ErrorCode::cancelled; }));
    context.run_for(300ms);
    EXPECT_TRUE(ended);
    EXPECT_EQ(server.open(), 0);
}

TEST_F(Outbound, UnfinishedCallsUnwindWithTheirContext) {
    struct Probe {
        bool* unwound;
        ~Probe() { *unwound = true; }
    };
    bool unwound = false;
    client = client_for("127.0.0.1");
    {
        asio::io_context short_lived;
        ScriptedServer server(short_lived, {{Hang{}}});
        auto call = [](OutboundClient& outbound, std::string url, bool* flag) -> Awaitable<void> {
            const Probe probe{flag};
            OutboundRequest request;
            request.url = std::move(url);
            co_await outbound.send(std::move(request));
        };
        asio::co_spawn(short_lived, call(*client, server.url(), &unwound), [](std::exception_ptr) {});
        short_lived.run_for(50ms);
        client.reset();  // the client may go before the context
    }
    EXPECT_TRUE(unwound);
}

TEST_F(Outbound, ContextRunsOutOfWorkWhenAllCallsHaveEnded) {
    asio::io_context other;
    ScriptedServer server(context, {{Send{http_answer(200, "hello")}}});
    std::jthread serving([&] { context.run_for(5s); });
    client = client_for(server.allow());
    OutboundRequest request;
    request.url = server.url();
    bool done = false;
    asio::co_spawn(other, client->send(std::move(request)), [&](std::exception_ptr, Result<OutboundResponse> out) { done = out.has_value(); });
    other.run_for(5s);
    EXPECT_TRUE(done);
    EXPECT_TRUE(other.stopped()) << "no idle connection or timer keeps it running";
    context.stop();
}

TEST_F(Outbound, RefusesHeaderInjection) {
    ScriptedServer server(context, {{Send{http_answer(200, "{}")}}});
    for (const auto& [name, value] : std::map<std::string, std::string>{{"x", "a\r\nb: c"}, {"x\r\ny", "a"}, {"", "a"}, {"x y", "a"}, {"z", std::string("a\0b", 3)}}) {
        OutboundRequest request;
        request.headers.emplace_back(name, value);
        const auto response = send(server, std::move(request));
        ASSERT_FALSE(response);
        EXPECT_EQ(response.error().code, ErrorCode::bad_request);
    }
    OutboundRequest method;
    method.method = "GET / HTTP/1.1\r\nx:";
    EXPECT_FALSE(send(server, std::move(method)));
    EXPECT_EQ(server.accepted(), 0);
}

TEST_F(Outbound, DoesNotReadProxiesFromTheEnvironment) {
    ScriptedServer server(context, {{Send{http_answer(200, "direct")}}});
    ::setenv("http_proxy", "http://127.0.0.1:1", 1);
    ::setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    const auto response = send(server);
    ::unsetenv("http_proxy");
    ::unsetenv("ALL_PROXY");
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body, "direct");
}

TEST_F(Outbound, UsesTheConfiguredProxy) {
    ScriptedServer proxy(context, {{Send{http_answer(200, "by proxy")}}});
    client = client_for("", {.proxy = proxy.url()});
    OutboundRequest request;
    request.url = "http://model.example/v1";
    const auto response = send(proxy, std::move(request));
    ASSERT_TRUE(response);
    EXPECT_EQ(proxy.requests().at(0).target, "http://model.example/v1");
    OutboundRequest literal;
    literal.url = "http://169.254.169.254/";
    const auto refused = send(proxy, std::move(literal));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::forbidden);
}

TEST_F(Outbound, ReturnsRedirectsUnlessAskedToFollow) {
    ScriptedServer server(context, [](const ScriptedRequest& request) -> Steps {
        if (request.target == "/old") return {Send{http_answer(302, "", "location: /new\r\n")}};
        return {Send{http_answer(200, "new")}};
    });
    OutboundRequest request;
    request.url = server.url("/old");
    auto response = send(server, request);
    ASSERT_TRUE(response);
    EXPECT_EQ(response->status, 302);
    request.max_redirects = 1;
    request.body = "x";
    response = send(server, request);
    ASSERT_TRUE(response);
    EXPECT_EQ(response->body, "new");
    EXPECT_EQ(response->url, server.url("/new"));
    EXPECT_EQ(server.requests().back().method, "GET");
}

TEST_F(Outbound, SecretsStayWithTheirOrigin) {
    ScriptedServer elsewhere(context, {{Send{http_answer(200, "elsewhere")}}});
    ScriptedServer server(context, [&](const ScriptedRequest& request) -> Steps {
        if (request.target == "/same") return {Send{http_answer(307, "", "location: /end\r\n")}};
        if (request.target == "/other") return {Send{http_answer(307, "", "location: " + elsewhere.url() + "\r\n")}};
        return {Send{http_answer(200, "end")}};
    });
    client = client_for("127.0.0.1/32");
    OutboundRequest request;
    request.secret_headers.emplace_back("x-api-key", Secret("canary"));
    request.max_redirects = 3;
    request.url = server.url("/same");
    ASSERT_TRUE(send(server, request));
    EXPECT_EQ(server.requests().back().header("x-api-key"), "canary");
    request.url = server.url("/other");
    ASSERT_TRUE(send(server, request));
    EXPECT_EQ(elsewhere.requests().back().method, "POST");
    EXPECT_FALSE(elsewhere.requests().back().head.contains("canary"));
}

TEST_F(Outbound, ManyStreamsShareOneThread) {
    ScriptedServer server(context, {{Send{stream_head()}, Send{chunk("a")}, Wait{20ms}, Send{chunk("b")}, Wait{20ms}, Send{chunk("c") + last_chunk()}}});
    client = client_for(server.allow());
    int ended = 0;
    std::size_t bytes = 0;
    for (int i = 0; i < 200; ++i) {
        OutboundRequest request;
        request.url = server.url();
        request.on_data = [&](std::string_view piece) { return bytes += piece.size(), true; };
        asio::co_spawn(context, client->send(std::move(request)), [&](std::exception_ptr, Result<OutboundResponse> out) {
            if (out && ++ended == 200) context.stop();
        });
    }
    context.run_for(10s);
    EXPECT_EQ(ended, 200);
    EXPECT_EQ(bytes, 600U);
}

TEST(OutboundOptions, RefusesUnusableFiles) {
    const auto make = [](OutboundOptions options) { return make_outbound_client(std::make_unique<GuardedPolicy>(AddressGuard()), std::move(options)); };
    EXPECT_FALSE(make({.ca_file = "/nonexistent"}));
    EXPECT_FALSE(make({.ca_file = "/dev/null"}));
    EXPECT_FALSE(make({.proxy = "socks5://x"}));
    EXPECT_TRUE(make({.proxy = "http://proxy.internal:3128"}));
}

}  // namespace
}  // namespace agentic::http
