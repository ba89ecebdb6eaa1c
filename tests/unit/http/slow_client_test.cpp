// Clients that hold connections open: each is cut off in time, and the others do not notice.
#include <gtest/gtest.h>

#include "http/pace.hpp"
#include "unit/http/server_fixture.hpp"

namespace agentic::http {
namespace {

using Clock = std::chrono::steady_clock;

std::chrono::milliseconds since(Clock::time_point start) { return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start); }

// Sends one byte every `pause` until the server has closed or `limit` is over; true when the server cut it off.
bool drip(HttpClient& client, std::string_view bytes, std::chrono::milliseconds pause, std::chrono::milliseconds limit) {
    const auto start = Clock::now();
    for (std::size_t i = 0; since(start) < limit; ++i) {
        if (!client.send_raw(bytes.substr(i % bytes.size(), 1))) return true;
        std::this_thread::sleep_for(pause);
    }
    return false;
}

TEST(SlowClient, ThatNeverFinishesItsHeadGets408) {
    TestServer server;
    auto client = server.connect();
    client.send_raw("GET / HTTP/1.1\r\nHost: a\r\n");
    const auto start = Clock::now();
    std::thread sender([&] { drip(client, "X: y\r\n", 20ms, 1s); });
    const auto reply = client.read_reply();
    const auto waited = since(start);
    sender.join();
    EXPECT_EQ(reply.status, 408);
    EXPECT_EQ(reply.header("connection"), "close");
    EXPECT_LT(waited, 1s) << "400 ms and some scheduling; were the deadline put off with every byte, it would come after the last, at 1.4 s";
}

TEST(SlowClient, ThatSaysNothingIsClosedSilently) {
    TestServer server;
    auto client = server.connect();
    EXPECT_TRUE(client.closed_by_server());
}

TEST(SlowClient, ThatStopsInTheMiddleOfABodyGets408) {
    TestServer server;
    auto client = server.connect();
    client.send_raw("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nabc");
    EXPECT_EQ(client.read_reply().status, 408);
    EXPECT_TRUE(client.closed_by_server());
}

TEST(SlowClient, ThatDripsABodyBelowTheMinimumRateGets408) {
    TestServer server;
    auto client = server.connect();
    client.send_raw("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n");
    std::thread sender([&] { drip(client, "x", 20ms, 2s); });   // 50 bytes/s, never silent for long
    EXPECT_EQ(client.read_reply().status, 408);
    sender.join();
}

TEST(SlowClient, ThatSendsABodySteadilyIsServed) {
    auto settings = TestServer::quick();
    settings.body_rate_min_bytes_per_s = 100;
    TestServer server(echo, settings);
    auto client = server.connect();
    client.send_raw("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
    for (int i = 0; i < 10; ++i) {
        std::this_thread::sleep_for(100ms);   // twice the idle deadline in total
        client.send_raw(std::string(100, 'x'));
    }
    EXPECT_EQ(client.read_reply().status, 200);
}

TEST(SlowClient, ThatDoesNotReadItsAnswerIsDropped) {
    TestServer server([](Request&) -> Awaitable<Response> { co_return text_response(std::string(32 << 20, 'x'), "image/png"); });
    HttpClient client(server.port(), 10s, 16 << 10);
    client.send_raw(HttpClient::format("GET", "/", {}, ""));
    ASSERT_TRUE(eventually([&] { return server.server().stats().requests == 1; }));
    EXPECT_TRUE(eventually([&] { return server.server().stats().connections == 0; }, 3s));
}

TEST(SlowClient, ThatReadsSteadilyGetsALargeAnswerWhole) {
    TestServer server([](Request&) -> Awaitable<Response> { co_return text_response(std::string(32 << 20, 'x'), "image/png"); });
    HttpClient client(server.port(), 10s, 64 << 10);
    client.send_raw(HttpClient::format("GET", "/", {}, ""));
    ASSERT_EQ(client.read_head().status, 200);
    const auto start = Clock::now();
    std::size_t received = 0, next_rest = 0;
    for (std::size_t n = 1; n > 0 && received < 32U << 20; received += n) {
        n = client.read_some().size();
        if (received < next_rest) continue;
        next_rest += 256 << 10;
        std::this_thread::sleep_for(15ms);
    }
    EXPECT_EQ(received, 32U << 20);
    EXPECT_GT(since(start), 3 * TestServer::quick().write_timeout) << "or the test proves nothing";
}

TEST(Pace, PaysForTimeAtTheMinimumRate) {
    const Clock::time_point start;
    Pace pace(start, 10s, 1000);
    EXPECT_EQ(pace.deadline() - start, 10s);
    for (int i = 1; i <= 100; ++i) pace.add(10, start + i * 100ms);  // a tenth of it
    EXPECT_EQ(pace.deadline() - start, 11s);
    pace.add(1, start + 10s);
    EXPECT_EQ(pace.deadline() - start, 11s + 1ms) << "single bytes count";
}

TEST(Pace, SavesNothingUp) {
    const Clock::time_point start;
    Pace pace(start, 10s, 1000);
    pace.add(10 << 20, start + 1s);
    EXPECT_EQ(pace.deadline() - start, 11s);
    for (int i = 2; i <= 10; ++i) pace.add(1, start + i * 1s);
    EXPECT_LT(pace.deadline() - start, 12s) << "one that was quick at first cannot drip now";
    pace.restart(start + 60s);
    EXPECT_EQ(pace.deadline() - start, 70s);
}

TEST(SlowClient, KeepAliveEndsAfterTheIdleTime) {
    auto settings = TestServer::quick();
    settings.keep_alive_timeout = 200ms;
    TestServer server(echo, settings);
    auto client = server.connect();
    EXPECT_EQ(client.get("/").status, 200);
    const auto start = Clock::now();
    EXPECT_TRUE(client.closed_by_server());
    EXPECT_LT(since(start), 1s);
}

TEST(SlowClient, FloodsOfThemDoNotDisturbOthers) {
    auto settings = TestServer::quick();
    settings.head_timeout = 5s;
    TestServer server(echo, settings);
    std::vector<HttpClient> slow;
    for (int i = 0; i < 300; ++i) {
        slow.push_back(server.connect());
        slow.back().send_raw(i % 2 == 0 ? "GET / HT" : "");
    }
    auto good = server.connect();
    for (int i = 0; i < 100; ++i) EXPECT_EQ(good.get("/").status, 200);
    EXPECT_EQ(server.server().stats().connections, 301U);
}

}  // namespace
}  // namespace agentic::http
