#pragma once
#include "http/outbound.hpp"
#include "services/knowledge/url_fetcher.hpp"

namespace agentic::app {

/// Fetches documents through the guarded client; redirects are followed, each hop checked like a URL of its own.
class OutboundFetcher final : public services::UrlFetcher {
public:
    explicit OutboundFetcher(http::OutboundClient& outbound) : outbound_(outbound) {}

    Task<services::FetchedFile> fetch(std::string url, std::size_t limit) override;

private:
    http::OutboundClient& outbound_;
};

}  // namespace agentic::app
