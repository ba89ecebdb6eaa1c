#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "http/message.hpp"

namespace agentic::http {

/// Answers one request on the connection's own I/O thread. Exceptions become a 500 with the request id. When the client goes away the
/// coroutine is cancelled (terminal), so what must survive a disconnect runs elsewhere.
using Handler = std::function<Awaitable<Response>(Request&)>;

/// Looks at the head of an upload before its body is read; an answer refuses it and closes the connection. So that nobody without a right to
/// upload can fill the disk.
using Admission = std::function<Awaitable<std::optional<Response>>(Request&)>;

/// Every limit and deadline of the server. The defaults are the product's.
struct ServerSettings {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;                                   // 0: the kernel chooses, Server::port() tells

    std::size_t head_limit_bytes = 32 << 10;                  // request line and fields; 431
    std::size_t body_limit_bytes = 10 << 20;                  // all but multipart; 413
    std::uint64_t upload_limit_bytes = 200ULL << 20;          // multipart bodies; 413
    std::uint64_t body_memory_max_bytes = 256ULL << 20;       // of large bodies under way, all connections together; 503. At least two of the largest fit
    std::string upload_directory;                             // empty: multipart is refused with 415
    Admission upload_admission;                               // empty: everybody's uploads are read

    std::chrono::milliseconds head_timeout{10'000};           // from the first byte to the end of the head; 408
    std::chrono::milliseconds body_idle_timeout{10'000};      // between two pieces of a body; 408
    std::uint64_t body_rate_min_bytes_per_s = 1024;           // after the first body_idle_timeout; 408
    std::chrono::milliseconds keep_alive_timeout{75'000};     // between two requests
    std::chrono::milliseconds write_timeout{30'000};          // for a client to take a piece of the answer; then the same minimum rate holds
    std::chrono::milliseconds drain_idle_grace{1'000};        // how long idle connections stay open in a drain, so that a request under way is answered

    std::size_t connections_max = 10'000;                     // 503 above
    std::size_t in_flight_max = 4'000;                        // requests in handlers, streams not counted; 503 above

    std::vector<std::string> allowed_origins;                 // "https://app.example.com"; "*" only without credentials
    bool cors_credentials = true;
    std::vector<std::string> trusted_proxies;                 // addresses or CIDR blocks whose X-Forwarded-* count
    bool hsts = false;                                        // also sent when a trusted proxy says the client spoke https
    bool compress = true;
};

}  // namespace agentic::http
