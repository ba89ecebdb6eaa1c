#pragma once
// An HTTP/1.1 server for unit tests, on the test's own io_context: it answers each request with a list of steps (raw bytes, pauses, a close), so
// that a test decides about every byte and where it is cut. Counts connections and keeps the requests.
#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <charconv>
#include <chrono>
#include <deque>
#include <format>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "async/types.hpp"

namespace agentic::test {

struct ScriptedRequest {
    std::string method, target, head, body;

    /// The value of a header field, "" when missing; `name` in lower case.
    std::string header(std::string_view name) const {
        std::string lower(head);
        std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        const auto at = lower.find("\r\n" + std::string(name) + ":");
        if (at == lower.npos) return {};
        const auto begin = head.find_first_not_of(' ', at + name.size() + 3);
        return head.substr(begin, head.find('\r', begin) - begin);
    }
};

struct Send { std::string bytes; };
struct Wait { std::chrono::milliseconds time; };
struct Close {};
struct Hang {};    // until the client closes
using Step = std::variant<Send, Wait, Close, Hang>;
using Steps = std::vector<Step>;

inline std::string http_answer(int status, std::string_view body, std::string_view more_headers = "", std::string_view type = "application/json") {
    return std::format("HTTP/1.1 {} Scripted\r\ncontent-type: {}\r\ncontent-length: {}\r\n{}\r\n{}", status, type, body.size(), more_headers, body);
}
inline std::string stream_head(std::string_view more_headers = "") {
    return std::format("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n{}\r\n", more_headers);
}
inline std::string chunk(std::string_view bytes) { return std::format("{:x}\r\n{}\r\n", bytes.size(), bytes); }
inline std::string last_chunk() { return "0\r\n\r\n"; }

class ScriptedServer {
    using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, IoExecutor>;
    using Socket = asio::basic_stream_socket<asio::ip::tcp, IoExecutor>;
    using Timer = asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, IoExecutor>;

public:
    using Handler = std::function<Steps(const ScriptedRequest&)>;

    /// Listens on a free port, or on `port`.
    ScriptedServer(asio::io_context& context, Handler handler, const std::string& address = "127.0.0.1", std::uint16_t port = 0)
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
    ~ScriptedServer() {
        boost::system::error_code ignored;
        state_->acceptor.close(ignored);
    }
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;

    /// Answers with these, in order, then with the last one again and again.
    ScriptedServer(asio::io_context& context, std::vector<Steps> scripts)
        : ScriptedServer(context, [scripts = std::move(scripts), next = std::size_t{0}](const ScriptedRequest&) mutable {
              return scripts[std::min(next++, scripts.size() - 1)];
          }) {}

    std::uint16_t port() const { return state_->acceptor.local_endpoint().port(); }
    std::string url(std::string_view path = "/") const { return std::format("http://127.0.0.1:{}{}", port(), path); }
    std::string allow() const { return std::format("127.0.0.1/32:{}", port()); }
    int accepted() const { return state_->accepted; }
    int open() const { return state_->open; }
    const std::deque<ScriptedRequest>& requests() const { return state_->requests; }

private:
    struct State {  // shared with the connections, whose coroutines live as long as the io_context
        Handler handler;
        Acceptor acceptor;
        int accepted = 0;
        int open = 0;
        std::deque<ScriptedRequest> requests{};
    };
    static constexpr asio::use_awaitable_t<IoExecutor> kToken{};

    static Awaitable<void> accept_all(std::shared_ptr<State> state) {
        auto executor = co_await asio::this_coro::executor;
        while (true) {
            Socket socket = co_await state->acceptor.async_accept(executor, kToken);
            ++state->accepted;
            asio::co_spawn(executor, serve(state, std::move(socket)), [](std::exception_ptr) {});
        }
    }

    static Awaitable<void> serve(std::shared_ptr<State> state, Socket socket) {
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

    // False when the connection is over.
    static Awaitable<bool> play(Socket& socket, Steps steps) {
        boost::system::error_code error;
        for (const auto& step : steps) {
            if (const auto* send = std::get_if<Send>(&step)) {
                co_await asio::async_write(socket, asio::buffer(send->bytes), asio::redirect_error(kToken, error));
            } else if (const auto* wait = std::get_if<Wait>(&step)) {
                Timer timer(socket.get_executor(), wait->time);
                co_await timer.async_wait(asio::redirect_error(kToken, error));
            } else if (std::holds_alternative<Hang>(step)) {
                char byte;
                co_await socket.async_read_some(asio::buffer(&byte, 1), asio::redirect_error(kToken, error));
            }
            if (error || std::holds_alternative<Close>(step)) co_return false;
        }
        co_return true;
    }

    static ScriptedRequest parse(const std::string& head) {
        const auto first = head.find(' ');
        const auto second = head.find(' ', first + 1);
        return {head.substr(0, first), head.substr(first + 1, second - first - 1), head, {}};
    }

    std::shared_ptr<State> state_;
};

}  // namespace agentic::test
