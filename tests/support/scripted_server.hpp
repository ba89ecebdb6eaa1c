#pragma once
// An HTTP/1.1 server for unit tests, on the test's own io_context: it answers each request with a list of steps (raw bytes, pauses, a close), so
// that a test decides about every byte and where it is cut. Counts connections and keeps the requests.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <format>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
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
public:
    using Handler = std::function<Steps(const ScriptedRequest&)>;

    /// Listens on a free port, or on `port`.
    ScriptedServer(asio::io_context& context, Handler handler, const std::string& address = "127.0.0.1", std::uint16_t port = 0);
    /// Answers with these, in order, then with the last one again and again.
    ScriptedServer(asio::io_context& context, std::vector<Steps> scripts);
    ~ScriptedServer();
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;

    std::uint16_t port() const;
    std::string url(std::string_view path = "/") const { return std::format("http://127.0.0.1:{}{}", port(), path); }
    std::string allow() const { return std::format("127.0.0.1/32:{}", port()); }
    int accepted() const;
    int open() const;
    const std::deque<ScriptedRequest>& requests() const;

    struct State;  // shared with the connections, whose coroutines live as long as the io_context

private:
    std::shared_ptr<State> state_;
};

}  // namespace agentic::test
