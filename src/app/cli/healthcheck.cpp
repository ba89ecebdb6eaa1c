#include <netdb.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <format>
#include <memory>
#include <print>

#include "app/cli/commands.hpp"

namespace agentic::app {
namespace {

constexpr timeval kTimeout{.tv_sec = 3, .tv_usec = 0};

struct Target {
    std::string host, port, path;
    std::string authority;  // as it was written, which is what the Host field wants
};

/// `http://host[:port][/path]`, IPv6 hosts in brackets.
std::optional<Target> parse_target(std::string_view url) {
    if (!url.starts_with("http://")) return std::nullopt;
    url.remove_prefix(7);
    const auto slash = std::min(url.find('/'), url.size());
    auto authority = url.substr(0, slash);
    Target target{.host = {}, .port = "80", .path = slash == url.size() ? "/health/ready" : std::string(url.substr(slash)), .authority = std::string(authority)};
    const auto colon = authority.rfind(':');
    if (colon != std::string_view::npos && !authority.ends_with(']')) {
        target.port = authority.substr(colon + 1);
        authority = authority.substr(0, colon);
    }
    if (authority.starts_with('[') && authority.ends_with(']')) authority = authority.substr(1, authority.size() - 2);
    target.host = authority;
    return target.host.empty() || target.port.empty() ? std::nullopt : std::optional(target);
}

/// A connected socket, or -1. Blocking, with time limits: this process does nothing else.
int connect_to(const Target& target) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* list = nullptr;
    if (getaddrinfo(target.host.c_str(), target.port.c_str(), &hints, &list) != 0) return -1;
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list, freeaddrinfo);
    for (const auto* at = list; at != nullptr; at = at->ai_next) {
        const int fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
        if (fd < 0) continue;
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kTimeout, sizeof kTimeout);
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &kTimeout, sizeof kTimeout);
        if (connect(fd, at->ai_addr, at->ai_addrlen) == 0) return fd;
        close(fd);
    }
    return -1;
}

/// The status of a GET, 0 when there is no answer.
int status_of(const Target& target) {
    const int fd = connect_to(target);
    if (fd < 0) return 0;
    const auto request = std::format("GET {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", target.path, target.authority);
    std::array<char, 64> head{};
    ssize_t size = 0;
    if (send(fd, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size())) size = recv(fd, head.data(), head.size(), MSG_WAITALL);
    close(fd);
    const std::string_view line(head.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    if (!line.starts_with("HTTP/1.1 ") || line.size() < 12) return 0;
    return std::stoi(std::string(line.substr(9, 3)));
}

/// Where a server with this configuration can be reached from this machine.
std::string local_url(const ServerConfig& server) {
    auto host = server.host == "0.0.0.0" ? "127.0.0.1" : server.host == "::" ? "::1" : server.host;
    if (host.contains(':')) host = "[" + host + "]";
    return std::format("http://{}:{}/health/ready", host, server.port);
}

}  // namespace

int healthcheck(const Invocation& invocation, const std::string& url) {
    auto where = url;
    if (where.empty()) {
        const auto config = checked_config(invocation, false);
        if (!config) return failed(config.error());
        where = local_url(config->server);
    }
    const auto target = parse_target(where);
    if (!target) return failed({ErrorCode::bad_request, "--url must be http://host:port/path"});
    const int status = status_of(*target);
    std::println("{} {}", where, status == 0 ? "no answer" : std::to_string(status));
    return status == 200 ? 0 : 1;
}

}  // namespace agentic::app
