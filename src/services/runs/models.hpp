#pragma once
#include <cstdint>
#include <string>

#include "core/json_text.hpp"
#include "core/tenant.hpp"
#include "providers/llm/llm_client.hpp"

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
    JsonText prices{"null"};  // what it was computed with; null: unknown model
};

/// What runs need to know of a model. An unknown model has sane defaults and costs nothing. Thread-safe.
class ModelFacts {
public:
    virtual ~ModelFacts() = default;
    /// Tokens that fit, prompt and answer together.
    virtual std::int64_t context_window(const std::string& provider, const std::string& model) const = 0;
    virtual ModelCost cost(const std::string& provider, const std::string& model, const llm::Usage& usage) const = 0;
};

}  // namespace agentic::services
