#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "core/clock.hpp"
#include "http/outbound.hpp"
#include "providers/llm/protocol.hpp"

namespace agentic::llm {

/// When and how often a failed call is sent again; the waits are those of the providers' own clients.
struct RetryPolicy {
    int max_retries = 2;
    std::chrono::milliseconds base{500};        // doubled at each retry
    std::chrono::milliseconds cap{8'000};
    std::chrono::milliseconds longest{60'000};  // a provider that asks for more gets its error passed on instead
    std::function<double()> random;             // in [0, 1); empty: the kernel's
};

/// The wait before retry number `retry` (from 0) when the answer says nothing about it: min(base * 2^retry, cap), shortened by up to a quarter.
std::chrono::milliseconds backoff(const RetryPolicy& policy, int retry);
/// What the answer asks for: `retry-after-ms`, else `retry-after` in seconds or as an HTTP date; nullopt when it asks for nothing sensible.
std::optional<std::chrono::milliseconds> requested_wait(const http::OutboundResponse& response, Timestamp now);

/// Drives a Protocol over the outbound client: streams, retries until the first delta, keeps the deadline.
class HttpLlmClient final : public LlmClient {
public:
    HttpLlmClient(std::unique_ptr<const Protocol> protocol, http::OutboundClient& outbound, const ModelCatalog& catalog, const Clock& clock, RetryPolicy retries = {});
    Task<Answer> stream(Request request, DeltaSink sink) override;

private:
    struct Attempt;
    Task<Answer> try_once(const Request* request, const DeltaSink* sink, const WireRequest* wire, Attempt* attempt);

    std::unique_ptr<const Protocol> protocol_;
    http::OutboundClient& outbound_;
    const ModelCatalog& catalog_;
    const Clock& clock_;
    RetryPolicy retries_;
};

}  // namespace agentic::llm
