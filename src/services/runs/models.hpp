#pragma once
#include <cstdint>
#include <string>

#include "core/json_text.hpp"
#include "core/tenant.hpp"
#include "providers/llm/llm_client.hpp"
#include "services/runs/run_types.hpp"

namespace agentic::services {

/// Where and as whom an agent's provider is called: the tenant's own credential, else the operator's configuration.
class ModelEndpoints {
public:
    virtual ~ModelEndpoints() = default;
    /// Fails with `unavailable`, naming the setting that is missing.
    virtual Task<llm::Endpoint> resolve(TenantScope scope, std::string provider) = 0;
};

struct ModelCost {
    std::int64_t micros = 0;
    JsonText prices{"null"};  // what it was computed with
};

/// What runs need to know of a model. An unknown model has the values and the prices of its family, else its provider's. Thread-safe.
class ModelFacts {
public:
    virtual ~ModelFacts() = default;
    /// Tokens that fit, prompt and answer together.
    virtual std::int64_t context_window(const std::string& provider, const std::string& model) const = 0;
    /// By the model that the provider reports when it is a known one, else by the one that was asked for.
    virtual ModelCost cost(const ModelCall& call) const = 0;
};

}  // namespace agentic::services
