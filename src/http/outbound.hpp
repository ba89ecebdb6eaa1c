#pragma once
#include <sys/socket.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/types.hpp"
#include "core/secret.hpp"
#include "http/address_guard.hpp"

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
    bool accept_compressed = false;                            // offer gzip and the like; the body arrives decoded
    int max_redirects = 0;                                     // 0: a 3xx is the answer. Each hop is checked like a URL of its own
    /// Called on the caller's executor for each piece of a 2xx body, as it arrives; returning false closes the connection and ends the call with
    /// what is known so far. Without it the body is collected. It must not throw.
    std::function<bool(std::string_view)> on_data;
};

struct OutboundResponse {
    int status = 0;
    std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
    std::string body;                                          // of errors too, up to 64 KiB, when on_data is set
    std::string url;                                           // set when a redirect was followed: where the answer came from

    std::string_view header(std::string_view lower_case_name) const;  // "" when missing
};

/// The one guarded client (libcurl multi on the caller's io_context). The address check runs at connect time, on the address that is really
/// connected to; private, loopback, link-local and other special ranges are refused unless the operator's allow-list names them. Secret headers go
/// to the request's own scheme, host and port only: a redirect elsewhere loses them.
/// Fails with: `bad_request` (the URL or a header is malformed), `forbidden` (address refused; the message does not say what listens there),
/// `deadline_exceeded`, `upstream_error` (connect, TLS, protocol, too large), `cancelled`. Cancelling the awaiting coroutine closes the socket.
class OutboundClient {
public:
    virtual ~OutboundClient() = default;
    virtual Task<OutboundResponse> send(OutboundRequest request) = 0;
};

/// Decides where a client may connect. One policy per client: connections are pooled, so a pool must not be shared by two policies.
class ConnectPolicy {
public:
    virtual ~ConnectPolicy() = default;
    virtual Result<void> check_url(std::string_view url) const = 0;
    /// Asked for every socket before it is connected.
    virtual bool allows(const sockaddr& address) const = 0;
};

/// The production policy: strict URLs (outbound_url.hpp) and the address guard.
class GuardedPolicy final : public ConnectPolicy {
public:
    explicit GuardedPolicy(AddressGuard guard) : guard_(std::move(guard)) {}
    Result<void> check_url(std::string_view url) const override;
    bool allows(const sockaddr& address) const override { return guard_.allows(address); }

private:
    AddressGuard guard_;
};

struct OutboundOptions {
    std::string proxy;    // "http://proxy.example:3128"; never taken from the environment. The proxy resolves names, so it must refuse private ones
    std::string ca_file;  // PEM, in addition to the system's authorities
    std::string user_agent = "agentic";
    long max_idle_connections = 1024;  // per I/O thread
};

/// Thread-safe; each io_context that calls send() gets its own connection pool, which dies with that io_context. Fails with `validation_error` when
/// the CA file or the proxy is unusable.
Result<std::unique_ptr<OutboundClient>> make_outbound_client(std::unique_ptr<const ConnectPolicy> policy, OutboundOptions options = {});

}  // namespace agentic::http
