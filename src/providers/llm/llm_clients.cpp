#include "providers/llm/llm_clients.hpp"

#include <algorithm>

#include "providers/llm/extractive.hpp"
#include "providers/llm/protocol.hpp"

namespace agentic::llm {

LlmClients::LlmClients(http::OutboundClient& outbound, const ModelCatalog& catalog, http::RetryPolicy retries) {
    clients_.push_back(std::make_unique<HttpLlmClient>(make_anthropic_protocol(), outbound, catalog, retries));
    clients_.push_back(std::make_unique<HttpLlmClient>(make_openai_protocol(false), outbound, catalog, retries));
    clients_.push_back(std::make_unique<HttpLlmClient>(make_openai_protocol(true), outbound, catalog, retries));
    clients_.push_back(std::make_unique<ExtractiveClient>());
}

LlmClients::~LlmClients() = default;

const std::vector<std::string>& LlmClients::names() {
    static const std::vector<std::string> all{"anthropic", "openai", "openai_compatible", "extractive"};
    return all;
}

LlmClient* LlmClients::find(std::string_view provider) const {
    const auto found = std::ranges::find(names(), provider);
    return found == names().end() ? nullptr : clients_[static_cast<std::size_t>(found - names().begin())].get();
}

}  // namespace agentic::llm
