#pragma once
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "async/io_pool.hpp"
#include "async/work_pool.hpp"
#include "core/clock.hpp"
#include "http/server.hpp"
#include "support/http_client.hpp"

namespace agentic::http {

using namespace std::chrono_literals;
using test::HttpClient;
using test::HttpReply;

inline Response text_response(std::string body, std::string_view type = "application/json") {
    Response response;
    response.headers.add("content-type", type);
    response.body = std::move(body);
    return response;
}

/// Answers with method, path, query and body, so that a test sees what the handler saw.
inline Awaitable<Response> echo(Request& request) {
    std::string out = std::string(to_string(request.method)) + " " + request.path;
    for (const auto& [name, value] : request.query) out += " " + name + "=" + value;
    out += " [" + request.body + "]";
    co_return text_response(std::move(out), "text/plain");
}

/// A running server with short deadlines on two I/O threads.
class TestServer {
public:
    explicit TestServer(Handler handler = echo, ServerSettings settings = quick()) {
        io_.start();
        auto server = Server::create(std::move(settings), io_, files_, clock_, std::move(handler));
        if (!server) throw std::runtime_error(server.error().public_message);
        server_ = std::move(*server);
        server_->start();
    }

    static ServerSettings quick() {
        return {.head_timeout = 400ms, .body_idle_timeout = 400ms, .keep_alive_timeout = 5s, .write_timeout = 600ms, .drain_idle_grace = 200ms};
    }

    Server& server() { return *server_; }
    void destroy() { server_.reset(); }
    std::uint16_t port() const { return server_->port(); }
    HttpClient connect() const { return HttpClient(port()); }
    async::IoPool& io() { return io_; }

private:
    SystemClock clock_;
    async::IoPool io_{"test-io", 2};
    async::WorkPool files_{"files", 1, 64};   // after the loops it posts to, so that it ends before them
    std::unique_ptr<Server> server_;
};

/// Waits for a state that another thread brings about.
inline bool eventually(const std::function<bool()>& holds, std::chrono::milliseconds limit = 5s) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > end) return false;
        std::this_thread::sleep_for(2ms);
    }
    return true;
}

}  // namespace agentic::http
