// TLS is verified, always: a server with a certificate of its own making is refused until the operator names its authority.
#include <gtest/gtest.h>

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <memory>

#include "http/outbound.hpp"
#include "support/scripted_run.hpp"
#include "support/scripted_server.hpp"
#include "support/tls_identity.hpp"

namespace agentic::http {
namespace {

using test::Identity;

/// Answers one request per connection.
class TlsServer {
    using Socket = asio::basic_stream_socket<asio::ip::tcp, IoExecutor>;

public:
    TlsServer(asio::io_context& context, const Identity& identity) : tls_(asio::ssl::context::tls_server), acceptor_(context, {asio::ip::make_address("127.0.0.1"), 0}) {
        SSL_CTX_use_certificate(tls_.native_handle(), identity.certificate.get());
        SSL_CTX_use_PrivateKey(tls_.native_handle(), identity.key.get());
        asio::co_spawn(context, accept_all(), [](std::exception_ptr) {});
    }
    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    int requests() const { return requests_; }

private:
    Awaitable<void> accept_all() {
        const IoExecutor executor = acceptor_.get_executor();
        while (true) {
            Socket socket = co_await acceptor_.async_accept(executor, kToken);
            asio::co_spawn(executor, serve(std::move(socket)), [](std::exception_ptr) {});
        }
    }
    Awaitable<void> serve(Socket socket) {
        asio::ssl::stream<Socket> stream(std::move(socket), tls_);
        boost::system::error_code error;
        co_await stream.async_handshake(asio::ssl::stream_base::server, asio::redirect_error(kToken, error));
        if (error) co_return;
        std::string request;
        co_await asio::async_read_until(stream, asio::dynamic_buffer(request), "\r\n\r\n", asio::redirect_error(kToken, error));
        if (error) co_return;
        ++requests_;
        const auto answer = test::http_answer(200, "secret", "connection: close\r\n");
        co_await asio::async_write(stream, asio::buffer(answer), asio::redirect_error(kToken, error));
    }

    static constexpr asio::use_awaitable_t<IoExecutor> kToken{};
    asio::ssl::context tls_;
    asio::basic_socket_acceptor<asio::ip::tcp, IoExecutor> acceptor_;
    int requests_ = 0;
};

Result<OutboundResponse> get(asio::io_context& context, const std::string& url, OutboundOptions options) {
    auto client = make_outbound_client(std::make_unique<GuardedPolicy>(*AddressGuard::create("127.0.0.1/32")), std::move(options));
    if (!client) return std::unexpected(client.error());
    OutboundRequest request;
    request.method = "GET";
    request.url = url;
    return test::run(context, (*client)->send(std::move(request)));
}

TEST(OutboundTls, RefusesUnknownAuthoritiesAndTakesTheOperators) {
    const Identity identity("IP:127.0.0.1");
    asio::io_context context;
    const TlsServer server(context, identity);
    const auto url = std::format("https://127.0.0.1:{}/", server.port());
    const auto refused = get(context, url, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::upstream_error);
    EXPECT_TRUE(refused.error().public_message.contains("certificate"));
    EXPECT_EQ(server.requests(), 0) << "nothing was sent";
    const auto accepted = get(context, url, {.ca_file = identity.file});
    ASSERT_TRUE(accepted) << accepted.error().internal_context;
    EXPECT_EQ(accepted->body, "secret");
}

TEST(OutboundTls, RefusesTheCertificateOfAnotherName) {
    const Identity identity("DNS:other.example");
    asio::io_context context;
    const TlsServer server(context, identity);
    const auto refused = get(context, std::format("https://127.0.0.1:{}/", server.port()), {.ca_file = identity.file});
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().public_message.contains("certificate"));
    EXPECT_EQ(server.requests(), 0);
}

}  // namespace
}  // namespace agentic::http
