#include "support/scripted_server.hpp"

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <exception>
#include <utility>

#include "async/wakeup.hpp"

namespace agentic::test {
namespace {

using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, IoExecutor>;
using Socket = asio::basic_stream_socket<asio::ip::tcp, IoExecutor>;
constexpr asio::use_awaitable_t<IoExecutor> kToken{};

}  // namespace

struct ScriptedServer::State {
    Handler handler;
    Acceptor acceptor;
    int accepted = 0;
    int open = 0;
    std::deque<ScriptedRequest> requests{};
};

namespace {

ScriptedRequest parse(const std::string& head) {
    const auto first = head.find(' ');
    const auto second = head.find(' ', first + 1);
    return {head.substr(0, first), head.substr(first + 1, second - first - 1), head, {}};
}

// False when the connection is over.
Awaitable<bool> play(Socket& socket, Steps steps) {
    boost::system::error_code error;
    for (const auto& step : steps) {
        if (const auto* send = std::get_if<Send>(&step)) {
            co_await asio::async_write(socket, asio::buffer(send->bytes), asio::redirect_error(kToken, error));
        } else if (const auto* wait = std::get_if<Wait>(&step)) {
            async::SteadyTimer timer(socket.get_executor(), wait->time);
            co_await timer.async_wait(asio::redirect_error(kToken, error));
        } else if (std::holds_alternative<Hang>(step)) {
            char byte;
            co_await socket.async_read_some(asio::buffer(&byte, 1), asio::redirect_error(kToken, error));
        }
        if (error || std::holds_alternative<Close>(step)) co_return false;
    }
    co_return true;
}

Awaitable<void> serve(std::shared_ptr<ScriptedServer::State> state, Socket socket) {
    ++state->open;
    const std::shared_ptr<void> closed(nullptr, [state](void*) { --state->open; });
    std::string buffer;
    while (true) {
        boost::system::error_code error;
        const auto head_size = co_await asio::async_read_until(socket, asio::dynamic_buffer(buffer), "\r\n\r\n", asio::redirect_error(kToken, error));
        if (error) co_return;
        ScriptedRequest request = parse(buffer.substr(0, head_size));
        std::size_t length = 0;
        const auto text = request.header("content-length");
        std::from_chars(text.data(), text.data() + text.size(), length);
        while (buffer.size() < head_size + length) {
            char piece[4096];
            const auto got = co_await socket.async_read_some(asio::buffer(piece), asio::redirect_error(kToken, error));
            if (error) co_return;
            buffer.append(piece, got);
        }
        request.body = buffer.substr(head_size, length);
        buffer.erase(0, head_size + length);
        state->requests.push_back(request);
        if (!co_await play(socket, state->handler(request))) co_return;
    }
}

Awaitable<void> accept_all(std::shared_ptr<ScriptedServer::State> state) {
    auto executor = co_await asio::this_coro::executor;
    while (true) {
        Socket socket = co_await state->acceptor.async_accept(executor, kToken);
        ++state->accepted;
        asio::co_spawn(executor, serve(state, std::move(socket)), [](std::exception_ptr) {});
    }
}

}  // namespace

ScriptedServer::ScriptedServer(asio::io_context& context, Handler handler, const std::string& address, std::uint16_t port)
    : state_(std::make_shared<State>(std::move(handler), Acceptor(context))) {
    const asio::ip::tcp::endpoint endpoint(asio::ip::make_address(address), port);
    auto& acceptor = state_->acceptor;
    acceptor.open(endpoint.protocol());
    acceptor.set_option(asio::socket_base::reuse_address(true));
    if (endpoint.address().is_v6()) acceptor.set_option(asio::ip::v6_only(true));
    acceptor.bind(endpoint);
    acceptor.listen();
    asio::co_spawn(context, accept_all(state_), [](std::exception_ptr) {});
}

ScriptedServer::ScriptedServer(asio::io_context& context, std::vector<Steps> scripts)
    : ScriptedServer(context, [scripts = std::move(scripts), next = std::size_t{0}](const ScriptedRequest&) mutable { return scripts[std::min(next++, scripts.size() - 1)]; }) {}

ScriptedServer::~ScriptedServer() {
    boost::system::error_code ignored;
    state_->acceptor.close(ignored);
}

std::uint16_t ScriptedServer::port() const { return state_->acceptor.local_endpoint().port(); }
int ScriptedServer::accepted() const { return state_->accepted; }
int ScriptedServer::open() const { return state_->open; }
const std::deque<ScriptedRequest>& ScriptedServer::requests() const { return state_->requests; }

}  // namespace agentic::test
