#include "http/server.hpp"

#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <set>

#include "async/wakeup.hpp"
#include "unit/http/server_fixture.hpp"

namespace agentic::http {
namespace {

Awaitable<void> sleep_for(std::chrono::milliseconds time) {
    async::SteadyTimer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(asio::use_awaitable_t<IoExecutor>());
}

TEST(Server, AnswersAGetWithLengthDateAndRequestId) {
    TestServer server;
    auto client = server.connect();
    const auto reply = client.get("/v1/agents?limit=20&search=a%20b");
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, "GET /v1/agents limit=20 search=a b []");
    EXPECT_EQ(reply.header("content-length"), std::to_string(reply.body.size()));
    EXPECT_EQ(reply.header("date").size(), 29U);
    EXPECT_TRUE(reply.header("date").ends_with(" GMT"));
    EXPECT_EQ(reply.header("x-request-id").size(), 15U);
    EXPECT_FALSE(reply.has("connection"));
}

TEST(Server, KeepsTheConnectionForManyRequests) {
    TestServer server;
    auto client = server.connect();
    for (int i = 0; i < 50; ++i) EXPECT_EQ(client.post_json("/n", std::to_string(i)).body, "POST /n [" + std::to_string(i) + "]");
    EXPECT_EQ(server.server().stats().connections, 1U);
    EXPECT_EQ(server.server().stats().requests, 50U);
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
    TestServer server;
    auto client = server.connect();
    std::string burst;
    for (int i = 0; i < 100; ++i) burst += HttpClient::format(i % 3 == 0 ? "POST" : i % 3 == 1 ? "DELETE" : "GET", "/r" + std::to_string(i), {}, i % 3 == 0 ? "body" : "");
    client.send_raw(burst);
    for (int i = 0; i < 100; ++i) {
        const auto reply = client.read_reply();
        EXPECT_EQ(reply.status, 200);
        EXPECT_NE(reply.body.find("/r" + std::to_string(i) + " "), std::string::npos) << reply.body;
    }
}

TEST(Server, UnderstandsARequestThatArrivesByteByByte) {
    TestServer server;
    auto client = server.connect();
    const std::string request = "POST /slow?x=1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nX-Trailer: 1\r\n\r\n";
    for (const char c : request) {
        client.send_raw({&c, 1});
        std::this_thread::sleep_for(200us);
    }
    EXPECT_EQ(client.read_reply().body, "POST /slow x=1 [hello world]");
    EXPECT_EQ(client.get("/next").status, 200);
}

TEST(Server, ClosesWhenTheClientAsks) {
    TestServer server;
    auto client = server.connect();
    const auto reply = client.get("/", {{"Connection", "close"}});
    EXPECT_EQ(reply.header("connection"), "close");
    EXPECT_TRUE(client.closed_by_server());
}

TEST(Server, SpeaksHttp10) {
    TestServer server;
    auto client = server.connect();
    client.send_raw("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(client.read_reply().header("connection"), "keep-alive");
    client.send_raw("GET /b HTTP/1.0\r\n\r\n");
    EXPECT_EQ(client.read_reply().header("connection"), "close");
    EXPECT_TRUE(client.closed_by_server());
}

TEST(Server, AnswersHeadWithoutBodyButWithItsLength) {
    TestServer server;
    auto client = server.connect();
    const auto reply = client.request("HEAD", "/h");
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.header("content-length"), std::to_string(std::string("HEAD /h []").size()));
    EXPECT_EQ(client.get("/next").body, "GET /next []");
}

TEST(Server, AsksForTheBodyWhenTheClientExpectsIt) {
    TestServer server;
    auto client = server.connect();
    client.send_raw("POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.read_reply().status, 100);
    client.send_raw("ok");
    EXPECT_EQ(client.read_reply().body, "POST /e [ok]");
}

TEST(Server, RefusesABodyAboveTheLimitBeforeReadingIt) {
    auto settings = TestServer::quick();
    settings.body_limit_bytes = 1000;
    TestServer server(echo, settings);
    auto client = server.connect();
    client.send_raw("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n");
    const auto reply = client.read_reply();
    EXPECT_EQ(reply.status, 413);
    EXPECT_NE(reply.body.find("\"code\":\"payload_too_large\""), std::string::npos);
    EXPECT_TRUE(client.closed_by_server());
    EXPECT_EQ(server.connect().request("POST", "/", {}, std::string(1000, 'x')).status, 200);
}

TEST(Server, RefusesAChunkedBodyThatGrowsAboveTheLimit) {
    auto settings = TestServer::quick();
    settings.body_limit_bytes = 1000;
    TestServer server(echo, settings);
    auto client = server.connect();
    client.send_raw("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 3; ++i) client.send_raw("190\r\n" + std::string(400, 'x') + "\r\n");
    EXPECT_EQ(client.read_reply().status, 413);
    EXPECT_TRUE(client.closed_by_server());
}

TEST(Server, BoundsTheMemoryOfAllBodiesUnderWay) {
    auto settings = TestServer::quick();
    settings.body_idle_timeout = 10s;
    settings.body_limit_bytes = 400 << 10;
    settings.body_memory_max_bytes = 1 << 20;
    TestServer server(echo, settings);
    const auto post = [&](std::size_t size) { return server.connect().request("POST", "/", {}, std::string(size, 'x')); };
    for (int i = 0; i < 20; ++i) EXPECT_EQ(post(300 << 10).status, 200) << "what a request took comes back with its end";
    std::vector<HttpClient> hoarders;
    for (int i = 0; i < 3; ++i) {
        hoarders.push_back(server.connect());
        hoarders.back().send_raw("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n" + std::string(270'000, 'x'));
    }
    ASSERT_TRUE(eventually([&] { return server.server().stats().body_bytes == 3 * ((64 << 10) + 270'000); })) << "with their read buffers";
    const auto reply = post(300 << 10);
    EXPECT_EQ(reply.status, 503);
    EXPECT_EQ(reply.header("retry-after"), "1");
    EXPECT_EQ(reply.header("connection"), "close");
    EXPECT_EQ(post(1000).status, 200) << "small bodies always find room";
    hoarders[0].send_raw(std::string(30'000, 'x'));
    EXPECT_EQ(hoarders[0].read_reply().status, 200);
    hoarders.clear();
    EXPECT_TRUE(eventually([&] { return server.server().stats().body_bytes == 0; }));
    EXPECT_EQ(post(300 << 10).status, 200);
}

TEST(Server, TakesOverASafeRequestIdAndReplacesOthers) {
    TestServer server;
    auto client = server.connect();
    EXPECT_EQ(client.get("/", {{"X-Request-ID", "abc-1.2_3"}}).header("x-request-id"), "abc-1.2_3");
    EXPECT_NE(client.get("/", {{"X-Request-ID", "a b"}}).header("x-request-id"), "a b");
    EXPECT_EQ(client.get("/", {{"X-Request-ID", std::string(65, 'a')}}).header("x-request-id").size(), 15U);
}

TEST(Server, TurnsAnExceptionIntoA500WithTheRequestId) {
    TestServer server([](Request&) -> Awaitable<Response> {
        throw std::runtime_error("secret detail");
        co_return Response{};
    });
    auto client = server.connect();
    const auto reply = client.get("/", {{"X-Request-ID", "req-1"}});
    EXPECT_EQ(reply.status, 500);
    EXPECT_EQ(reply.body.find("secret"), std::string::npos);
    EXPECT_NE(reply.body.find("\"request_id\":\"req-1\""), std::string::npos);
    EXPECT_EQ(client.get("/").status, 500) << "the connection survives";
}

TEST(Server, SetsTheSecurityFieldsOnEveryAnswer) {
    TestServer server;
    for (const std::string_view request : {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "nonsense\r\n\r\n", "TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"}) {
        auto client = server.connect();
        client.send_raw(request);
        const auto reply = client.read_reply();
        EXPECT_EQ(reply.header("x-content-type-options"), "nosniff");
        EXPECT_EQ(reply.header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'");
        EXPECT_EQ(reply.header("referrer-policy"), "no-referrer");
        EXPECT_EQ(reply.header("server"), "agentic");
        EXPECT_FALSE(reply.has("strict-transport-security"));
        EXPECT_TRUE(reply.has("x-request-id"));
    }
}

TEST(Server, RefusesTraceAndUnknownMethodsWith405) {
    TestServer server;
    for (const std::string method : {"TRACE", "CONNECT", "PROPFIND", "get"}) {
        auto client = server.connect();
        client.send_raw(method + " / HTTP/1.1\r\nHost: a\r\n\r\n");
        const auto reply = client.read_reply();
        EXPECT_EQ(reply.status, 405) << method;
        EXPECT_EQ(reply.header("allow"), "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    }
}

TEST(Server, DropsResponseFieldsThatWouldSplitTheHead) {
    TestServer server([](Request&) -> Awaitable<Response> {
        auto response = text_response("{}");
        response.headers.add("X-Evil", "a\r\nSet-Cookie: b=c");
        response.headers.add("Connection", "upgrade");
        response.headers.add("Content-Length", "7");
        co_return response;
    });
    auto client = server.connect();
    const auto reply = client.get("/");
    EXPECT_FALSE(reply.has("x-evil"));
    EXPECT_FALSE(reply.has("set-cookie"));
    EXPECT_FALSE(reply.has("connection"));
    EXPECT_EQ(reply.header("content-length"), "2");
}

TEST(Server, SendsNoBodyAndNoLengthWith204) {
    TestServer server([](Request&) -> Awaitable<Response> { co_return Response{.status = 204, .headers = {}, .body = "ignored", .stream = nullptr}; });
    auto client = server.connect();
    const auto reply = client.get("/");
    EXPECT_EQ(reply.status, 204);
    EXPECT_FALSE(reply.has("content-length"));
    EXPECT_EQ(client.get("/").status, 204) << "nothing was left on the wire";
}

TEST(Server, SpreadsConnectionsEvenlyOverItsThreads) {
    std::atomic<int> on_first = 0;
    TestServer server([&](Request&) -> Awaitable<Response> {
        if (async::IoPool::current() == std::size_t{0}) ++on_first;
        co_return text_response("{}");
    });
    std::vector<HttpClient> clients;
    for (int i = 0; i < 10; ++i) clients.push_back(server.connect());
    for (auto& client : clients) EXPECT_EQ(client.get("/").status, 200);
    EXPECT_EQ(on_first, 5);
}

TEST(Server, RefusesConnectionsAboveTheLimitWith503) {
    auto settings = TestServer::quick();
    settings.connections_max = 2;
    TestServer server(echo, settings);
    auto first = server.connect();
    auto second = server.connect();
    EXPECT_EQ(first.get("/").status, 200);
    EXPECT_EQ(second.get("/").status, 200);
    auto third = server.connect();
    const auto reply = third.get("/");
    EXPECT_EQ(reply.status, 503);
    EXPECT_EQ(reply.header("retry-after"), "1");
    EXPECT_TRUE(third.closed_by_server());
    first.close();
    ASSERT_TRUE(eventually([&] { return server.server().stats().connections <= 1; }));
    EXPECT_EQ(server.connect().get("/").status, 200);
}

TEST(Server, RefusesRequestsAboveTheInFlightLimitWith503) {
    auto settings = TestServer::quick();
    settings.in_flight_max = 1;
    TestServer server(
        [](Request& request) -> Awaitable<Response> {
            if (request.path == "/slow") co_await sleep_for(300ms);
            co_return text_response("{}");
        },
        settings);
    auto slow = server.connect();
    slow.send_raw(HttpClient::format("GET", "/slow", {}, ""));
    ASSERT_TRUE(eventually([&] { return server.server().stats().in_flight == 1; }));
    auto other = server.connect();
    EXPECT_EQ(other.get("/").status, 503);
    EXPECT_EQ(slow.read_reply().status, 200);
    EXPECT_EQ(other.get("/").status, 200) << "the refused connection stays usable";
}

TEST(Server, CancelsTheHandlerWhenTheClientLeaves) {
    std::atomic<bool> cancelled = false;
    TestServer server([&](Request&) -> Awaitable<Response> {
        try {
            co_await sleep_for(20s);
        } catch (...) {
            cancelled = true;
            throw;
        }
        co_return text_response("{}");
    });
    auto client = server.connect();
    client.send_raw(HttpClient::format("GET", "/", {}, ""));
    ASSERT_TRUE(eventually([&] { return server.server().stats().in_flight == 1; }));
    client.close();
    EXPECT_TRUE(eventually([&] { return cancelled.load(); }));
    EXPECT_TRUE(eventually([&] { return server.server().stats().connections == 0; }));
}

TEST(Server, ReportsAnAddressInUse) {
    TestServer first;
    SystemClock clock;
    async::WorkPool files("files", 1, 4);
    const auto second = Server::create({.port = first.port()}, first.io(), files, clock, echo);
    ASSERT_FALSE(second.has_value());
    EXPECT_EQ(second.error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace agentic::http
