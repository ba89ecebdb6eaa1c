#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/types.hpp"
#include "core/secret.hpp"

namespace agentic::http {

/// A request to another server. Every byte the platform sends outward goes through OutboundClient; nothing else opens sockets.
struct OutboundRequest {
    std::string method = "POST";
    std::string url;                                           // http or https
    std::vector<std::pair<std::string, std::string>> headers;  // not for secrets
    std::vector<std::pair<std::string, Secret>> secret_headers;
    std::string body;
    std::chrono::milliseconds connect_timeout{10'000};
    std::chrono::milliseconds total_timeout{600'000};
    std::chrono::milliseconds idle_timeout{120'000};           // no byte for so long: deadline_exceeded
    std::uint64_t max_response_bytes = 10ULL << 20;            // decoded
    /// Called on the caller's executor for each piece of a 2xx body, as it arrives; returning false closes the connection. Without it the body is collected.
    std::function<bool(std::string_view)> on_data;
};

struct OutboundResponse {
    int status = 0;
    std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
    std::string body;                                          // of errors too, up to 64 KiB, when on_data is set

    std::string_view header(std::string_view lower_case_name) const;  // "" when missing
};

/// The one guarded client (libcurl multi on the caller's io_context). The address check runs at connect time, on the address that is really
/// connected to; private, loopback, link-local and other special ranges are refused unless the operator's allow-list names them. Redirects are off.
/// Fails with: `forbidden` (address refused; the message does not say what listens there), `deadline_exceeded`, `upstream_error` (connect, TLS,
/// protocol, too large), `cancelled`. Cancelling the awaiting coroutine closes the socket.
class OutboundClient {
public:
    virtual ~OutboundClient() = default;
    virtual Task<OutboundResponse> send(OutboundRequest request) = 0;
};

}  // namespace agentic::http
