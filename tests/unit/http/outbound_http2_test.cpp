// Model servers speak HTTP/2 when they can: events arrive as they are sent, calls share one connection, and a call that ends early leaves it to the others.
#include <gtest/gtest.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <format>
#include <map>

#include "async/wakeup.hpp"
#include "http/outbound.hpp"
#include "support/scripted_run.hpp"
#include "support/tls_identity.hpp"

namespace agentic::http {
namespace {

using namespace std::chrono_literals;
using Socket = asio::basic_stream_socket<asio::ip::tcp, IoExecutor>;
constexpr asio::use_awaitable_t<IoExecutor> kToken{};

enum FrameType : std::uint8_t { kData = 0, kHeaders = 1, kReset = 3, kSettings = 4, kPing = 6 };
constexpr std::uint8_t kEndStream = 1, kAck = 1, kEndHeaders = 4;

std::string frame(FrameType type, std::uint8_t flags, std::uint32_t stream, std::string_view payload) {
    std::string out;
    for (const int shift : {16, 8, 0}) out += static_cast<char>(payload.size() >> shift);
    out += static_cast<char>(type);
    out += static_cast<char>(flags);
    for (const int shift : {24, 16, 8, 0}) out += static_cast<char>(stream >> shift);
    return out.append(payload);
}

struct Log {
    int connections = 0;
    int resets = 0;
    std::vector<std::string> bodies;
};

/// Just enough of RFC 9113 for one client: a request is answered, once it is whole, by three events with pauses between them.
class Connection : public std::enable_shared_from_this<Connection> {
public:
    Connection(Socket socket, asio::ssl::context& tls, Log& log) : stream_(std::move(socket), tls), log_(log) {}

    Awaitable<void> run() {
        const auto self = shared_from_this();
        co_await stream_.async_handshake(asio::ssl::stream_base::server, kToken);
        co_await read(24);  // the preface
        send(frame(kSettings, 0, 0, ""));
        while (true) {
            const auto head = co_await read(9);
            const auto number = [&](std::size_t at, std::size_t size) {
                std::uint32_t value = 0;
                for (const unsigned char c : head.substr(at, size)) value = value << 8 | c;
                return value;
            };
            const auto payload = co_await read(number(0, 3));
            take(static_cast<FrameType>(head[3]), static_cast<std::uint8_t>(head[4]), number(5, 4), payload);
        }
    }

private:
    void take(FrameType type, std::uint8_t flags, std::uint32_t stream, const std::string& payload) {
        if (type == kSettings && (flags & kAck) == 0) send(frame(kSettings, kAck, 0, ""));
        if (type == kPing && (flags & kAck) == 0) send(frame(kPing, kAck, 0, payload));
        if (type == kReset) ++log_.resets;
        if (type == kData) bodies_[stream] += payload;
        if ((type != kData && type != kHeaders) || (flags & kEndStream) == 0) return;
        log_.bodies.push_back(bodies_[stream]);
        asio::co_spawn(stream_.get_executor(), answer(stream), [self = shared_from_this()](std::exception_ptr) {});
    }
    Awaitable<void> answer(std::uint32_t stream) {
        send(frame(kHeaders, kEndHeaders, stream, "\x88\x0f\x10\x11text/event-stream"));  // :status 200, content-type
        for (int i = 1; i <= 3; ++i) {
            send(frame(kData, i == 3 ? kEndStream : 0, stream, std::format("data: {}\n\n", i)));
            async::SteadyTimer timer(stream_.get_executor(), 30ms);
            co_await timer.async_wait(kToken);
        }
    }

    Awaitable<std::string> read(std::size_t size) {
        std::string out(size, '\0');
        co_await asio::async_read(stream_, asio::buffer(out), kToken);
        co_return out;
    }
    void send(std::string bytes) {
        unsent_ += bytes;
        if (!std::exchange(sending_, true)) asio::co_spawn(stream_.get_executor(), send_all(), [self = shared_from_this()](std::exception_ptr) {});
    }
    Awaitable<void> send_all() {
        while (!unsent_.empty()) {
            const auto bytes = std::exchange(unsent_, {});
            co_await asio::async_write(stream_, asio::buffer(bytes), kToken);
        }
        sending_ = false;
    }

    asio::ssl::stream<Socket> stream_;
    Log& log_;
    std::map<std::uint32_t, std::string> bodies_;
    std::string unsent_;
    bool sending_ = false;
};

class OutboundHttp2 : public testing::Test {
protected:
    OutboundHttp2() {
        SSL_CTX_use_certificate(tls.native_handle(), identity.certificate.get());
        SSL_CTX_use_PrivateKey(tls.native_handle(), identity.key.get());
        SSL_CTX_set_alpn_select_cb(tls.native_handle(), [](SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered, unsigned offered_size, void*) {
            static constexpr unsigned char kOnly[] = "\x02h2";
            return SSL_select_next_proto(const_cast<unsigned char**>(out), size, kOnly, 3, offered, offered_size) == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
        }, nullptr);
        asio::co_spawn(context, accept_all(), [](std::exception_ptr) {});
        client = *make_outbound_client(std::make_unique<GuardedPolicy>(*AddressGuard::create("127.0.0.1/32")), {.ca_file = identity.file});
    }

    Awaitable<void> accept_all() {
        while (true) {
            Socket socket = co_await acceptor.async_accept(context.get_executor(), kToken);
            ++log.connections;
            asio::co_spawn(context, std::make_shared<Connection>(std::move(socket), tls, log)->run(), [](std::exception_ptr) {});
        }
    }

    OutboundRequest request(std::vector<std::string>& pieces, std::size_t enough = 100) {
        OutboundRequest out;
        out.url = std::format("https://127.0.0.1:{}/v1/messages", acceptor.local_endpoint().port());
        out.body = R"({"stream":true})";
        out.on_data = [&pieces, enough](std::string_view piece) { return pieces.emplace_back(piece), pieces.size() < enough; };
        return out;
    }

    const std::vector<std::string> events{"data: 1\n\n", "data: 2\n\n", "data: 3\n\n"};
    test::Identity identity{"IP:127.0.0.1"};
    asio::ssl::context tls{asio::ssl::context::tls_server};
    Log log;
    asio::io_context context;
    asio::basic_socket_acceptor<asio::ip::tcp, IoExecutor> acceptor{context, {asio::ip::make_address("127.0.0.1"), 0}};
    std::unique_ptr<OutboundClient> client;
};

TEST_F(OutboundHttp2, StreamsEventsOfSeveralCallsOverOneConnection) {
    std::vector<std::string> first, second;
    std::optional<Result<OutboundResponse>> other;
    asio::co_spawn(context, client->send(request(second)), [&](std::exception_ptr, Result<OutboundResponse> response) { other = std::move(response); });
    const auto response = test::run(context, client->send(request(first)));
    ASSERT_TRUE(response) << response.error().internal_context;
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->header("content-type"), "text/event-stream");
    EXPECT_EQ(first, events) << "each as it was sent";
    context.restart();
    context.run_for(200ms);
    ASSERT_TRUE(other && *other);
    EXPECT_EQ(second, events);
    EXPECT_EQ(log.bodies, (std::vector<std::string>{R"({"stream":true})", R"({"stream":true})"}));
    EXPECT_EQ(log.connections, 1);
}

TEST_F(OutboundHttp2, ACallThatEndsEarlyLeavesTheConnectionToOthers) {
    std::vector<std::string> stopped, whole;
    ASSERT_TRUE(test::run(context, client->send(request(stopped, 1))));
    EXPECT_EQ(stopped.size(), 1U);
    const auto response = test::run(context, client->send(request(whole)));
    ASSERT_TRUE(response) << response.error().internal_context;
    EXPECT_EQ(whole, events);
    EXPECT_EQ(log.resets, 1) << "the server need not go on";
    EXPECT_EQ(log.connections, 1);
}

}  // namespace
}  // namespace agentic::http
