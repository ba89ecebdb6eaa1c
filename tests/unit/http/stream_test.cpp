// Streams and the graceful end of the server.
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <malloc.h>

#include <atomic>
#include <fstream>

#include "async/wakeup.hpp"
#include "unit/http/server_fixture.hpp"

extern "C" std::size_t __sanitizer_get_current_allocated_bytes() __attribute__((weak));   // null without a sanitizer

namespace agentic::http {
namespace {

using test::SseReader;

Awaitable<void> sleep_for(std::chrono::milliseconds time) {
    async::SteadyTimer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(asio::use_awaitable_t<IoExecutor>());
}

struct Probe {
    std::atomic<int> pulled = 0;
    std::atomic<int> alive = 0;
    std::atomic<int> cancelled = 0;
};

/// `count` pieces of `size` bytes, or endless waiting after them.
class Pieces final : public BodyStream {
public:
    Pieces(Probe& probe, int count, std::size_t size, bool then_wait) : probe_(probe), count_(count), size_(size), then_wait_(then_wait) { ++probe_.alive; }
    ~Pieces() override { --probe_.alive; }

    Awaitable<std::optional<std::string>> next() override {
        if (count_-- > 0) {
            ++probe_.pulled;
            co_return "id: " + std::to_string(probe_.pulled) + "\nevent: tick\ndata: " + std::string(size_, 'x') + "\n\n";
        }
        if (!then_wait_) co_return std::nullopt;
        try {
            co_await sleep_for(60s);
        } catch (...) {
            ++probe_.cancelled;
            throw;
        }
        co_return std::nullopt;
    }

private:
    Probe& probe_;
    int count_;
    std::size_t size_;
    bool then_wait_;
};

Handler streaming(Probe& probe, int count, std::size_t size, bool then_wait, std::string_view type = "text/event-stream") {
    return [&probe, count, size, then_wait, type](Request& request) -> Awaitable<Response> {
        if (request.path == "/plain") co_return text_response("{}");
        if (request.path == "/slow") {
            co_await sleep_for(300ms);
            co_return text_response("\"done\"");
        }
        Response response;
        response.headers.add("content-type", type);
        response.stream = std::make_unique<Pieces>(probe, count, size, then_wait);
        co_return response;
    };
}

const std::string kGetStream = HttpClient::format("GET", "/events", {}, "");

TEST(Stream, DeliversPiecesAndKeepsTheConnection) {
    Probe probe;
    TestServer server(streaming(probe, 3, 5, false));
    auto client = server.connect();
    for (int round = 0; round < 2; ++round) {
        client.send_raw(kGetStream);
        SseReader sse(client);
        EXPECT_EQ(sse.head.header("transfer-encoding"), "chunked");
        EXPECT_FALSE(sse.head.has("content-length"));
        for (int i = 0; i < 3; ++i) {
            const auto event = sse.next();
            ASSERT_TRUE(event.has_value());
            EXPECT_EQ(event->event, "tick");
            EXPECT_EQ(event->data, "xxxxx");
        }
        EXPECT_FALSE(sse.next().has_value());
    }
    EXPECT_EQ(client.get("/plain").status, 200);
    EXPECT_EQ(probe.alive, 0);
}

TEST(Stream, EndsByClosingForHttp10) {
    Probe probe;
    TestServer server(streaming(probe, 2, 5, false));
    auto client = server.connect();
    client.send_raw("GET /events HTTP/1.0\r\n\r\n");
    const auto reply = client.read_reply();
    EXPECT_FALSE(reply.has("transfer-encoding"));
    EXPECT_EQ(reply.header("connection"), "close");
    EXPECT_NE(reply.body.find("id: 2\n"), std::string::npos);
}

TEST(Stream, AnswersHeadWithoutPulling) {
    Probe probe;
    TestServer server(streaming(probe, 2, 5, false));
    auto client = server.connect();
    EXPECT_EQ(client.request("HEAD", "/events").status, 200);
    EXPECT_EQ(client.get("/plain").body, "{}");
    EXPECT_EQ(probe.pulled, 0);
}

TEST(Stream, CancelsNextWhenTheClientLeaves) {
    Probe probe;
    TestServer server(streaming(probe, 1, 5, true));
    {
        auto client = server.connect();
        client.send_raw(kGetStream);
        SseReader sse(client);
        ASSERT_TRUE(sse.next().has_value());
        ASSERT_TRUE(eventually([&] { return probe.alive == 1; }));
    }
    EXPECT_TRUE(eventually([&] { return probe.cancelled == 1 && probe.alive == 0; }, 1s));
    EXPECT_TRUE(eventually([&] { return server.server().stats().connections == 0; }));
}

TEST(Stream, NoticesALeavingClientThatHasPipelinedAnotherRequest) {
    Probe probe;
    TestServer server(streaming(probe, 1, 5, true));
    {
        auto client = server.connect();
        client.send_raw(kGetStream);
        SseReader sse(client);
        ASSERT_TRUE(sse.next().has_value());
        client.send_raw(kGetStream);
        std::this_thread::sleep_for(50ms);
        EXPECT_EQ(probe.cancelled, 0);
    }
    EXPECT_TRUE(eventually([&] { return probe.cancelled == 1 && probe.alive == 0; }, 2s));
}

TEST(Stream, PullsNoMoreThanTheClientTakes) {
    Probe probe;
    auto settings = TestServer::quick();
    settings.write_timeout = 60s;
    TestServer server(streaming(probe, 100'000, 64 << 10, false), settings);
    HttpClient client(server.port(), 10s, 16 << 10);
    client.send_raw(kGetStream);
    int before = -1;
    ASSERT_TRUE(eventually([&] {
        std::this_thread::sleep_for(100ms);
        return std::exchange(before, probe.pulled.load()) == probe.pulled.load();
    })) << "pulling stops once the socket buffers are full";
    EXPECT_LT(probe.pulled, 200);
    SseReader sse(client);
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(sse.next().has_value());
    EXPECT_TRUE(eventually([&] { return probe.pulled > before; })) << "and goes on when the client reads";
}

TEST(Stream, DropsAClientThatDoesNotRead) {
    Probe probe;
    TestServer server(streaming(probe, 100'000, 64 << 10, false));
    HttpClient client(server.port(), 10s, 16 << 10);
    client.send_raw(kGetStream);
    ASSERT_TRUE(eventually([&] { return probe.alive == 1; }));
    EXPECT_TRUE(eventually([&] { return probe.alive == 0; }, 3s));
    EXPECT_TRUE(eventually([&] { return server.server().stats().connections == 0; }));
}

TEST(Drain, EndsSseStreamsWithARetryHint) {
    Probe probe;
    TestServer server(streaming(probe, 1, 5, true));
    auto client = server.connect();
    client.send_raw(kGetStream);
    SseReader sse(client);
    ASSERT_TRUE(sse.next().has_value());
    std::thread draining([&] { server.server().drain(5s); });
    const auto last = sse.next();
    ASSERT_TRUE(last.has_value());
    EXPECT_EQ(last->retry, "1000");
    EXPECT_FALSE(sse.next().has_value()) << "the chunked body ends properly";
    EXPECT_TRUE(client.closed_by_server());
    draining.join();
    EXPECT_EQ(probe.cancelled, 1);
}

TEST(Drain, FinishesRequestsInProgressAndClosesIdleConnections) {
    Probe probe;
    TestServer server(streaming(probe, 0, 0, false));
    auto idle = server.connect();
    EXPECT_EQ(idle.get("/plain").status, 200);
    auto late = server.connect();
    EXPECT_EQ(late.get("/plain").status, 200);
    auto busy = server.connect();
    busy.send_raw(HttpClient::format("GET", "/slow", {}, ""));
    ASSERT_TRUE(eventually([&] { return server.server().stats().in_flight == 1; }));
    std::thread draining([&] { server.server().drain(5s); });
    std::this_thread::sleep_for(50ms);
    const auto answered = late.get("/plain");   // a request that was under way when the drain began
    EXPECT_EQ(answered.status, 200);
    EXPECT_EQ(answered.header("connection"), "close");
    const auto reply = busy.read_reply();
    EXPECT_EQ(reply.body, "\"done\"");
    EXPECT_EQ(reply.header("connection"), "close");
    EXPECT_TRUE(idle.closed_by_server());
    draining.join();
    EXPECT_EQ(server.server().stats().connections, 0U);
    EXPECT_THROW(server.connect(), std::runtime_error);
}

TEST(Drain, CutsOffWhatIsLeftAtTheDeadline) {
    Probe probe;
    TestServer server(streaming(probe, 1, 5, true, "application/octet-stream"));
    auto client = server.connect();
    client.send_raw(kGetStream);
    EXPECT_FALSE(client.read_head().has("content-length"));
    const auto start = std::chrono::steady_clock::now();
    server.server().drain(200ms);
    EXPECT_LT(std::chrono::steady_clock::now() - start, 2s);
    EXPECT_EQ(probe.alive, 0);
    server.destroy();
}

std::size_t allocated_bytes() { return __sanitizer_get_current_allocated_bytes != nullptr ? __sanitizer_get_current_allocated_bytes() : ::mallinfo2().uordblks; }

TEST(Idle, ConnectionsGiveTheirMemoryBackAndStillAnswer) {
    constexpr std::size_t kConnections = 400;
    auto settings = TestServer::quick();
    settings.keep_alive_timeout = 60s;
    TestServer server([](Request&) -> Awaitable<Response> { co_return text_response("{}"); }, settings);
    const auto without = allocated_bytes();
    std::vector<HttpClient> clients;
    for (std::size_t i = 0; i < kConnections; ++i) {
        clients.push_back(server.connect());
        EXPECT_EQ(clients.back().request("POST", "/", {}, std::string(40'000, 'x')).status, 200);
    }
    const auto per_connection = [&] { return (std::max(allocated_bytes(), without) - without) / kConnections; };
    const auto before = per_connection();
    EXPECT_TRUE(eventually([&] { return per_connection() < 50'000; })) << before << " before, " << per_connection() << " after; a body and a buffer of 64 KiB are kept for a third of them";
    RecordProperty("bytes_per_connection", std::to_string(before) + " then " + std::to_string(per_connection()));
    EXPECT_EQ(server.server().stats().connections, kConnections);
    for (auto& client : clients) EXPECT_EQ(client.get("/").body, "{}");
}

std::size_t resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::size_t total = 0, resident = 0;
    statm >> total >> resident;
    return resident * 4096;
}

TEST(Idle, StreamsCostLittleMemory) {
    constexpr int kStreams = 400;
    Probe probe;
    TestServer server(streaming(probe, 1, 5, true));
    std::vector<HttpClient> clients;
    const auto open = [&](int count) {
        for (int i = 0; i < count; ++i) {
            clients.push_back(server.connect());
            clients.back().send_raw(kGetStream);
            clients.back().read_head();
        }
    };
    open(100);
    const auto before = resident_bytes();
    open(kStreams);
    const auto per_stream = (resident_bytes() - before) / kStreams;
    EXPECT_LT(per_stream, 32U << 10) << "bytes per idle stream, sanitizers and the client's buffer included";
    RecordProperty("bytes_per_stream", std::to_string(per_stream));
}

}  // namespace
}  // namespace agentic::http
