#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "providers/llm/llm_client.hpp"

namespace agentic::llm {

/// Micro-units of a US dollar (1e-6) per million tokens: $4 per million is 4'000'000.
struct ModelPrices {
    std::int64_t input = 0;
    std::int64_t output = 0;
    std::int64_t cache_read = 0;
    std::int64_t cache_write = 0;

    bool operator==(const ModelPrices&) const = default;
};

/// What a model can do and costs. Sampling parameters a model refuses are not sent to it.
struct ModelInfo {
    std::string provider;
    std::string id;
    std::int64_t context_window = 32'768;  // tokens, answer included
    std::int64_t max_output = 4'096;
    bool temperature = true;               // accepts it at all; the 2026-10-21 version of the Anthropic API accepts it for no model
    bool tools = true;
    bool thinking = false;                 // reasons before it answers (OpenAI: a reasoning model)
    bool citations = false;                // cites `document` blocks
    bool search_results = false;           // cites `search_result` blocks
    ModelPrices prices;
    bool known = true;                     // false: values of the family, or defaults
};

class ModelCatalog {
public:
    /// The models of the reference as of 2026-11.
    static ModelCatalog builtin();

    /// Adds or replaces models from the operator's JSON:
    /// `{"models": [{"provider": "openai_compatible", "id": "llama-3.3", "context_window": 131072, "max_output": 8192, "temperature": true, "tools": true,
    /// "thinking": false, "citations": false, "search_results": false, "prices": {"input": 0, "output": 0, "cache_read": 0, "cache_write": 0}}]}`.
    /// All but provider and id are optional and taken from what is known of the model. Fails with `validation_error` naming every fault, and changes nothing.
    Result<void> apply(std::string_view json);

    /// Never fails: an unknown model gets the values of its family, then of its provider, with `known` false.
    ModelInfo find(std::string_view provider, std::string_view model) const;
    const std::vector<ModelInfo>& models() const { return models_; }

private:
    const ModelInfo* lookup(std::string_view provider, std::string_view model) const;

    std::vector<ModelInfo> models_;
};

/// What a call costs in micro-units, rounded half up once; cached tokens are priced apart from the rest of the input. Negative counts are taken as 0.
std::int64_t cost_micros(const ModelPrices& prices, const Usage& usage);

}  // namespace agentic::llm
