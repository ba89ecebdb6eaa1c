#pragma once
#include <memory>

#include "http/outbound_retry.hpp"
#include "providers/llm/protocol.hpp"

namespace agentic::llm {

/// Drives a Protocol over the outbound client: streams, retries until the first delta, keeps the deadline.
class HttpLlmClient final : public LlmClient {
public:
    HttpLlmClient(std::unique_ptr<const Protocol> protocol, http::OutboundClient& outbound, const ModelCatalog& catalog, http::RetryPolicy retries = {});
    Task<Answer> stream(Request request, DeltaSink sink) override;

private:
    struct Attempt;
    Task<Answer> try_once(const Request* request, const DeltaSink* sink, const WireRequest* wire, Attempt* attempt);

    std::unique_ptr<const Protocol> protocol_;
    http::OutboundClient& outbound_;
    const ModelCatalog& catalog_;
    http::RetryPolicy retries_;
};

}  // namespace agentic::llm
