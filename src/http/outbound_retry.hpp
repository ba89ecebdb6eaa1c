#pragma once
#include <chrono>
#include <functional>
#include <optional>

#include "http/outbound.hpp"

namespace agentic::http {

/// When and how often a failed call to another server is sent again; the waits are those of the model providers' own clients.
struct RetryPolicy {
    int max_retries = 2;
    std::chrono::milliseconds base{500};        // doubled at each retry
    std::chrono::milliseconds cap{8'000};
    std::chrono::milliseconds longest{60'000};  // a server that asks for more gets its error passed on instead
    std::function<double()> random;             // in [0, 1); empty: the kernel's
};

/// The wait before retry number `retry` (from 0) when the answer says nothing about it: min(base * 2^retry, cap), shortened by up to a quarter.
std::chrono::milliseconds backoff(const RetryPolicy& policy, int retry);

/// What the answer asks for: `retry-after-ms`, else `retry-after` in seconds or as an HTTP date (RFC 9110 10.2.3), which counts from the answer's own
/// `date`, as the other server's clock may be another than ours. nullopt when it asks for nothing sensible.
std::optional<std::chrono::milliseconds> requested_wait(const OutboundResponse& response);

/// Waits. Fails with `cancelled`.
Task<> pause(std::chrono::milliseconds time);

}  // namespace agentic::http
