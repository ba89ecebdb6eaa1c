#pragma once
// A blocking HTTP/1.1 client on a raw socket, for tests: it sends exactly the bytes it is given and hides nothing of the answer. Every
// wait ends after `timeout`; a failure to read throws, so that a test fails with a message instead of hanging.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace agentic::test {

using HeaderList = std::vector<std::pair<std::string, std::string>>;

struct HttpReply {
    int status = 0;
    HeaderList headers;   // as received, in order
    std::string body;     // transfer coding removed
    std::string raw_head;

    /// The first field of that name ("" when missing); names compare without case.
    std::string header(std::string_view name) const {
        for (const auto& [field, value] : headers)
            if (field.size() == name.size() && ::strncasecmp(field.data(), name.data(), name.size()) == 0) return value;
        return {};
    }
    bool has(std::string_view name) const {
        for (const auto& [field, value] : headers)
            if (field.size() == name.size() && ::strncasecmp(field.data(), name.data(), name.size()) == 0) return true;
        return false;
    }
};

/// One event of a text/event-stream; a comment has only `comment`.
struct SseEvent {
    std::string id;
    std::string event;
    std::string data;
    std::string comment;
    std::string retry;
};

class HttpClient {
public:
    explicit HttpClient(std::uint16_t port, std::chrono::milliseconds timeout = std::chrono::seconds(10), int receive_buffer = 0) {
        fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd_ < 0) throw std::runtime_error("socket() failed");
        const timeval limit{.tv_sec = timeout.count() / 1000, .tv_usec = timeout.count() % 1000 * 1000};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        const int on = 1;
        ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            ::close(fd_);
            throw std::runtime_error("cannot connect to port " + std::to_string(port));
        }
    }
    ~HttpClient() { close(); }
    HttpClient(HttpClient&& other) noexcept : fd_(std::exchange(other.fd_, -1)), buffer_(std::move(other.buffer_)) {}
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;
    HttpClient& operator=(HttpClient&&) = delete;

    void close() {
        if (fd_ >= 0) ::close(std::exchange(fd_, -1));
    }
    void shutdown_write() { ::shutdown(fd_, SHUT_WR); }

    /// False when the server has closed on us.
    bool send_raw(std::string_view bytes) {
        while (!bytes.empty()) {
            const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n <= 0) return false;
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
        return true;
    }

    /// Sends a request with Host and, for a non-empty body, Content-Length; reads the whole answer.
    HttpReply request(std::string_view method, std::string_view target, const HeaderList& headers = {}, std::string_view body = {}) {
        send_raw(format(method, target, headers, body));
        return read_reply(method == "HEAD");
    }
    HttpReply get(std::string_view target, const HeaderList& headers = {}) { return request("GET", target, headers); }
    HttpReply post_json(std::string_view target, std::string_view json, HeaderList headers = {}) {
        headers.emplace_back("Content-Type", "application/json");
        return request("POST", target, headers, json);
    }

    static std::string format(std::string_view method, std::string_view target, const HeaderList& headers, std::string_view body) {
        std::string out = std::string(method) + " " + std::string(target) + " HTTP/1.1\r\nHost: localhost\r\n";
        for (const auto& [name, value] : headers) out += name + ": " + value + "\r\n";
        if (!body.empty() || method == "POST") out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
        return out + "\r\n" + std::string(body);
    }

    /// Reads one answer; throws when the connection ends before it is whole.
    HttpReply read_reply(bool without_body = false) {
        auto reply = read_head();
        if (without_body || reply.status < 200 || reply.status == 204 || reply.status == 304) return reply;
        if (reply.header("transfer-encoding") == "chunked") {
            for (auto piece = read_chunk(); !piece.empty(); piece = read_chunk()) reply.body += piece;
        } else if (reply.has("content-length")) {
            reply.body = take(std::stoul(reply.header("content-length")));
        } else {
            while (receive()) {}
            reply.body = std::exchange(buffer_, {});
        }
        return reply;
    }

    /// Reads status line and fields only: what follows is read with read_chunk(), SseReader or read_some().
    HttpReply read_head() {
        HttpReply reply;
        reply.raw_head = take_until("\r\n\r\n");
        std::string_view rest = reply.raw_head;
        if (!rest.starts_with("HTTP/1.1 ") || rest.size() < 12) throw std::runtime_error("not an HTTP/1.1 answer: " + reply.raw_head);
        reply.status = std::atoi(std::string(rest.substr(9, 3)).c_str());
        rest.remove_prefix(rest.find("\r\n") + 2);
        while (!rest.empty() && !rest.starts_with("\r\n")) {
            const auto line = rest.substr(0, rest.find("\r\n"));
            const auto colon = line.find(": ");
            if (colon == std::string_view::npos) throw std::runtime_error("malformed field: " + std::string(line));
            reply.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
            rest.remove_prefix(line.size() + 2);
        }
        return reply;
    }

    /// One chunk of a chunked body; empty for the last one.
    std::string read_chunk() {
        const auto line = take_until("\r\n");
        const auto size = std::stoul(line, nullptr, 16);
        auto data = take(size);
        take_until("\r\n");
        return data;
    }

    /// Whatever arrives next, at least one byte; empty at the end of the connection.
    std::string read_some() {
        if (buffer_.empty() && !receive()) return {};
        return std::exchange(buffer_, {});
    }

    /// True when the server ends the connection (and sends nothing more before). Throws when it stays open for the whole timeout.
    bool closed_by_server() { return buffer_.empty() && !receive(); }

private:
    // Appends what arrives to the buffer; false at the end of the connection.
    bool receive() {
        char bytes[16384];
        const auto n = ::recv(fd_, bytes, sizeof bytes, 0);
        if (n > 0) buffer_.append(bytes, static_cast<std::size_t>(n));
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) throw std::runtime_error("timed out waiting for the server");
        return n > 0;
    }
    std::string take(std::size_t n) {
        while (buffer_.size() < n)
            if (!receive()) throw std::runtime_error("the server closed the connection in the middle of a body");
        auto out = buffer_.substr(0, n);
        buffer_.erase(0, n);
        return out;
    }
    std::string take_until(std::string_view end) {
        std::size_t found = 0;
        while ((found = buffer_.find(end)) == std::string::npos)
            if (!receive()) throw std::runtime_error("the server closed the connection; received: " + buffer_);
        return take(found + end.size());
    }

    int fd_ = -1;
    std::string buffer_;
};

/// Reads the events of a text/event-stream answer, chunked or not: `HttpClient c(port); c.send_raw(...); SseReader sse(c); sse.next()`.
class SseReader {
public:
    /// Reads the head; check `head` before asking for events.
    explicit SseReader(HttpClient& client) : head(client.read_head()), client_(client), chunked_(head.header("transfer-encoding") == "chunked") {}

    /// The next event or comment; nullopt at the end of the stream. An unfinished event at the end is dropped, as browsers do.
    std::optional<SseEvent> next() {
        std::size_t end = 0;
        while ((end = text_.find("\n\n")) == std::string::npos) {
            const auto piece = ended_ ? std::string() : chunked_ ? client_.read_chunk() : client_.read_some();
            if (piece.empty()) return ended_ = true, std::nullopt;
            text_ += piece;
        }
        auto event = parse(std::string_view(text_).substr(0, end));
        text_.erase(0, end + 2);
        return event;
    }
    /// The next event that is no comment.
    std::optional<SseEvent> next_event() {
        auto event = next();
        while (event && event->data.empty() && event->event.empty()) event = next();
        return event;
    }

    HttpReply head;

private:
    static SseEvent parse(std::string_view block) {
        SseEvent event;
        bool has_data = false;
        while (!block.empty()) {
            const auto line = block.substr(0, block.find('\n'));
            block.remove_prefix(std::min(line.size() + 1, block.size()));
            const auto colon = std::min(line.find(':'), line.size());
            const auto name = line.substr(0, colon);
            auto value = line.substr(std::min(colon + 1, line.size()));
            if (value.starts_with(' ')) value.remove_prefix(1);
            if (name.empty()) event.comment = value;
            else if (name == "id") event.id = value;
            else if (name == "event") event.event = value;
            else if (name == "retry") event.retry = value;
            else if (name == "data") (event.data += std::exchange(has_data, true) ? "\n" : "") += value;
        }
        return event;
    }

    HttpClient& client_;
    bool chunked_;
    bool ended_ = false;
    std::string text_;
};

}  // namespace agentic::test
