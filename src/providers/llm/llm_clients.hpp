#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "providers/llm/http_llm_client.hpp"
#include "providers/llm/llm_client.hpp"
#include "providers/llm/model_catalog.hpp"

namespace agentic::llm {

/// Every provider by its name. Thread-safe: the clients keep no state between calls.
class LlmClients {
public:
    /// The arguments outlive this.
    LlmClients(http::OutboundClient& outbound, const ModelCatalog& catalog, http::RetryPolicy retries = {});
    ~LlmClients();

    /// nullptr for a name that is none of names().
    LlmClient* find(std::string_view provider) const;
    static const std::vector<std::string>& names();

private:
    std::vector<std::unique_ptr<LlmClient>> clients_;  // in the order of names()
};

}  // namespace agentic::llm
