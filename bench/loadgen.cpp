// A load generator for the benchmarks: one epoll thread, keep-alive connections, latencies without coordinated omission.
//
//   loadgen turns   --port N --path P --token T --body JSON [--clients 16] [--rate PER_SECOND] [--seconds 10]
//       Each client sends the request again and again. With --rate, arrivals are fixed in time and a latency counts from the intended start.
//   loadgen streams --port N --path P --token T --body JSON [--clients 1000] [--ramp-ms 2000]
//       Opens that many SSE streams once each and reads them to their `complete` event. A token whose text holds `@NANOSECONDS@` (the steady clock of
//       the sender on this machine) gives the lateness of its frame; ids must be gapless.
// Prints one JSON object.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <print>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Nanos = std::int64_t;

Nanos now_ns() {
    timespec t{};
    ::clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
}

struct Options {
    std::string mode;
    std::map<std::string, std::string> values;

    std::string text(const std::string& name, std::string fallback = {}) const {
        const auto found = values.find(name);
        return found == values.end() ? fallback : found->second;
    }
    long number(const std::string& name, long fallback) const { return values.contains(name) ? std::atol(values.at(name).c_str()) : fallback; }
};

struct Connection {
    int fd = -1;
    std::string received;
    std::size_t parsed = 0;
    std::size_t sent = 0;
    Nanos started = 0;      // when the request was meant to start
    Nanos first_byte = 0;
    bool busy = false;
    // of an SSE stream
    bool in_body = false;
    std::uint64_t last_id = 0;
    std::uint64_t tokens = 0;
    bool complete = false;
};

struct Outcome {
    std::vector<Nanos> latencies;
    std::vector<Nanos> first_token;
    std::vector<Nanos> lateness;
    std::uint64_t errors = 0;
    std::uint64_t frames = 0;
    std::uint64_t gaps = 0;
};

int connect_to(int port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    ::inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    if (::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        std::println(stderr, "connect: {}", std::strerror(errno));
        std::exit(1);
    }
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    return fd;
}

std::string request_of(const Options& options) {
    const std::string body = options.text("body");
    std::string head = (body.empty() ? "GET " : "POST ") + options.text("path") + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n";
    if (!options.text("token").empty()) head += "Authorization: Bearer " + options.text("token") + "\r\n";
    if (!body.empty()) head += "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
    return head + "\r\n" + body;
}

// Length of a whole response with a content-length at the front of `data`, 0 while it is incomplete.
std::size_t response_size(std::string_view data) {
    const auto head = data.find("\r\n\r\n");
    if (head == std::string_view::npos) return 0;
    auto at = data.substr(0, head).find("ontent-Length: ");
    if (at == std::string_view::npos) at = data.substr(0, head).find("ontent-length: ");
    std::size_t length = 0;
    if (at != std::string_view::npos) std::from_chars(data.data() + at + 15, data.data() + head, length);
    return data.size() >= head + 4 + length ? head + 4 + length : 0;
}

bool is_success(std::string_view data) { return data.starts_with("HTTP/1.1 2"); }

Nanos percentile(std::vector<Nanos>& values, double p) {
    if (values.empty()) return 0;
    const auto index = std::min(values.size() - 1, static_cast<std::size_t>(p / 100.0 * static_cast<double>(values.size())));
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(index), values.end());
    return values[index];
}

std::string summary(std::vector<Nanos>& values) {
    return std::format(R"({{"n":{},"p50_us":{:.1f},"p90_us":{:.1f},"p99_us":{:.1f},"p999_us":{:.1f},"max_us":{:.1f}}})", values.size(),
                       percentile(values, 50) / 1e3, percentile(values, 90) / 1e3, percentile(values, 99) / 1e3, percentile(values, 99.9) / 1e3,
                       percentile(values, 100) / 1e3);
}

class Loop {
public:
    Loop(const Options& options) : options_(options), request_(request_of(options)), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}

    void add(Connection& connection) {
        connection.fd = connect_to(static_cast<int>(options_.number("port", 0)));
        epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.ptr = &connection}};
        ::epoll_ctl(epoll_, EPOLL_CTL_ADD, connection.fd, &event);
    }

    void send(Connection& connection, Nanos intended) {
        connection.busy = true;
        connection.started = intended;
        const auto n = ::send(connection.fd, request_.data(), request_.size(), MSG_NOSIGNAL);
        if (n != static_cast<ssize_t>(request_.size())) std::println(stderr, "short send: {}", n);
    }

    // Waits until `until` and hands every connection with new bytes to `on_bytes`.
    template <class OnBytes>
    void poll(Nanos until, OnBytes on_bytes) {
        epoll_event events[256];
        const Nanos wait = std::max<Nanos>(0, until - now_ns());
        const timespec timeout{wait / 1'000'000'000, wait % 1'000'000'000};
        const int n = ::epoll_pwait2(epoll_, events, 256, &timeout, nullptr);
        for (int i = 0; i < n; ++i) {
            auto& connection = *static_cast<Connection*>(events[i].data.ptr);
            const bool open = read_all(connection);
            on_bytes(connection, open);
        }
    }

private:
    bool read_all(Connection& connection) {
        char buffer[65536];
        while (true) {
            const auto n = ::recv(connection.fd, buffer, sizeof buffer, 0);
            if (n > 0) connection.received.append(buffer, static_cast<std::size_t>(n));
            else return n < 0 && (errno == EAGAIN || errno == EINTR);
        }
    }

    const Options& options_;
    std::string request_;
    int epoll_;
};

void run_turns(const Options& options) {
    Loop loop(options);
    std::vector<Connection> connections(static_cast<std::size_t>(options.number("clients", 16)));
    for (auto& connection : connections) loop.add(connection);
    const Nanos start = now_ns();
    const Nanos end = start + options.number("seconds", 10) * 1'000'000'000LL;
    const long rate = options.number("rate", 0);
    const Nanos gap = rate > 0 ? 1'000'000'000LL / rate : 0;
    Nanos next = start;
    std::deque<Connection*> idle;   // in turn, so that none is left until the server closes it
    Outcome outcome;
    if (rate == 0) {
        for (auto& connection : connections) loop.send(connection, now_ns());
    } else {
        for (auto& connection : connections) idle.push_back(&connection);
    }
    while (now_ns() < end) {
        while (gap > 0 && !idle.empty() && next <= now_ns()) {
            loop.send(*idle.front(), next);
            idle.pop_front();
            next += gap;
        }
        loop.poll(gap > 0 && !idle.empty() ? std::min(next, end) : end, [&](Connection& connection, bool open) {
            const std::size_t size = response_size(connection.received);
            if (!open && size == 0) {
                std::println(stderr, "the server closed a connection: {}", connection.received);
                std::exit(1);
            }
            if (size == 0) return;
            if (is_success(connection.received)) outcome.latencies.push_back(now_ns() - connection.started);
            else if (++outcome.errors == 1) std::println(stderr, "{}", connection.received);
            connection.received.clear();
            connection.busy = false;
            if (gap == 0) loop.send(connection, now_ns());
            else idle.push_back(&connection);
        });
    }
    const double seconds = static_cast<double>(now_ns() - start) / 1e9;
    std::println(R"({{"mode":"turns","clients":{},"rate":{},"seconds":{:.2f},"per_second":{:.0f},"errors":{},"latency":{}}})", connections.size(), rate, seconds,
                 static_cast<double>(outcome.latencies.size()) / seconds, outcome.errors, summary(outcome.latencies));
}

// Takes whole SSE events (ended by a blank line) from what has arrived; chunk framing lines are skipped because they hold no colon.
void read_events(Connection& connection, Outcome& outcome) {
    while (true) {
        const auto end = connection.received.find("\n\n", connection.parsed);
        if (end == std::string::npos) break;
        const std::string_view event(connection.received.data() + connection.parsed, end - connection.parsed);
        connection.parsed = end + 2;
        const auto id_at = event.find("id: ");
        if (id_at == std::string_view::npos) continue;
        std::uint64_t id = 0;
        std::from_chars(event.data() + id_at + 4, event.data() + event.size(), id);
        ++outcome.frames;
        if (id != connection.last_id + 1) ++outcome.gaps;
        connection.last_id = id;
        if (event.contains("event: token")) {
            if (connection.tokens++ == 0) outcome.first_token.push_back(now_ns() - connection.started);
            const auto at = event.find('@');
            const auto close = at == std::string_view::npos ? at : event.find('@', at + 1);
            Nanos sent = 0;
            if (close != std::string_view::npos) std::from_chars(event.data() + at + 1, event.data() + close, sent);
            if (sent > 0) outcome.lateness.push_back(now_ns() - sent);
        }
        if (event.contains("event: complete")) connection.complete = true;
        if (event.contains("event: error")) ++outcome.errors;
    }
    connection.received.erase(0, connection.parsed);
    connection.parsed = 0;
}

void run_streams(const Options& options) {
    Loop loop(options);
    std::vector<Connection> connections(static_cast<std::size_t>(options.number("clients", 1000)));
    const Nanos start = now_ns();
    const Nanos gap = options.number("ramp-ms", 2000) * 1'000'000LL / static_cast<Nanos>(connections.size());
    const Nanos give_up = start + options.number("seconds", 60) * 1'000'000'000LL;
    std::size_t opened = 0;
    std::size_t done = 0;
    Outcome outcome;
    while (done < connections.size() && now_ns() < give_up) {
        const Nanos next = start + static_cast<Nanos>(opened) * gap;
        if (opened < connections.size() && now_ns() >= next) {
            loop.add(connections[opened]);
            loop.send(connections[opened++], now_ns());
            continue;
        }
        loop.poll(opened < connections.size() ? next : give_up, [&](Connection& connection, bool open) {
            if (!connection.in_body) {
                const auto head = connection.received.find("\r\n\r\n");
                if (head == std::string::npos) return;
                if (!is_success(connection.received) && ++outcome.errors == 1) std::println(stderr, "{}", connection.received);
                connection.in_body = true;
                connection.received.erase(0, head + 4);
            }
            const bool was_complete = connection.complete;
            read_events(connection, outcome);
            if ((connection.complete && !was_complete) || (!open && !connection.complete)) {
                ++done;
                if (!connection.complete) ++outcome.errors;
                ::close(connection.fd);
            }
        });
    }
    std::println(R"({{"mode":"streams","clients":{},"completed":{},"frames":{},"gaps":{},"errors":{},"seconds":{:.2f},"first_token":{},"lateness":{}}})",
                 connections.size(), done, outcome.frames, outcome.gaps, outcome.errors, static_cast<double>(now_ns() - start) / 1e9, summary(outcome.first_token),
                 summary(outcome.lateness));
}

}  // namespace

int main(int argc, char** argv) {
    Options options;
    if (argc > 1) options.mode = argv[1];
    for (int i = 2; i + 1 < argc; i += 2) options.values[std::string(argv[i]).substr(2)] = argv[i + 1];
    if (options.mode == "turns") run_turns(options);
    else if (options.mode == "streams") run_streams(options);
    else {
        std::println(stderr, "usage: loadgen turns|streams --port N --path P ...");
        return 2;
    }
}
