// The built-in table of model_catalog.hpp: capabilities and list prices as of 2026-11-22. Where a model's own figures are not published in the reference,
// it carries those of its line; operators override any of them (ModelCatalog::apply).
#include "providers/llm/model_catalog.hpp"

namespace agentic::llm {
namespace {

constexpr std::int64_t kCent = 10'000;  // micro-units

// Cache reads cost a tenth of the input, writes (five minutes) five quarters of it.
ModelPrices claude_prices(std::int64_t input_cents, std::int64_t output_cents) {
    return {input_cents * kCent, output_cents * kCent, input_cents * kCent / 10, input_cents * kCent * 5 / 4};
}

ModelInfo claude(std::string id, bool current, ModelPrices prices) {
    return {.provider = "anthropic", .id = std::move(id), .context_window = current ? 1'000'000 : 200'000, .max_output = current ? 128'000 : 64'000,
            .temperature = !current, .tools = true, .thinking = true, .citations = true, .search_results = true, .prices = prices};
}

void add_anthropic(std::vector<ModelInfo>& out) {
    for (const char* id : {"claude-fable-5-2", "claude-fable-5-1", "claude-fable-5"}) out.push_back(claude(id, true, claude_prices(1'000, 5'000)));
    for (const char* id : {"claude-mythos-5-2", "claude-mythos-5-1", "claude-mythos-5", "claude-mythos-preview"}) {
        out.push_back(claude(id, true, claude_prices(2'500, 12'500)));
    }
    for (const char* id : {"claude-opus-5-5", "claude-opus-5"}) out.push_back(claude(id, true, claude_prices(400, 2'000)));
    for (const char* id : {"claude-opus-4-8", "claude-opus-4-7"}) out.push_back(claude(id, true, claude_prices(500, 2'500)));
    for (const char* id : {"claude-opus-4-6", "claude-opus-4-5"}) out.push_back(claude(id, false, claude_prices(500, 2'500)));
    for (const char* id : {"claude-sonnet-5-5", "claude-sonnet-5"}) out.push_back(claude(id, true, claude_prices(200, 1'000)));
    for (const char* id : {"claude-sonnet-4-6", "claude-sonnet-4-5"}) out.push_back(claude(id, false, claude_prices(300, 1'500)));
    out.push_back(claude("claude-haiku-5-5", true, claude_prices(100, 500)));
    out.push_back(claude("claude-haiku-4-5", false, claude_prices(100, 500)));
}

struct OpenAiRow {
    const char* id;
    std::int64_t context_window, max_output;
    bool reasoning;
    std::int64_t input, cached, output;  // micro-units per million tokens
};
constexpr OpenAiRow kOpenAi[] = {
    {"gpt-6.1-sol", 400'000, 128'000, true, 5'000'000, 500'000, 30'000'000},
    {"gpt-6.1-terra", 400'000, 128'000, true, 2'500'000, 250'000, 15'000'000},
    {"gpt-6-astra", 400'000, 128'000, true, 5'000'000, 500'000, 30'000'000},
    {"gpt-6-sol", 400'000, 128'000, true, 5'000'000, 500'000, 30'000'000},
    {"gpt-6-luna", 400'000, 128'000, true, 2'500'000, 250'000, 15'000'000},
    {"gpt-5.6", 400'000, 128'000, true, 5'000'000, 500'000, 30'000'000},
    {"gpt-5.5", 400'000, 128'000, true, 5'000'000, 500'000, 30'000'000},
    {"gpt-5.4", 400'000, 128'000, true, 2'500'000, 250'000, 15'000'000},
    {"gpt-5.4-mini", 400'000, 128'000, true, 750'000, 75'000, 4'500'000},
    {"gpt-5.4-nano", 400'000, 128'000, true, 200'000, 20'000, 1'250'000},
    {"gpt-5", 400'000, 128'000, true, 1'250'000, 125'000, 10'000'000},
    {"gpt-5-mini", 400'000, 128'000, true, 250'000, 25'000, 2'000'000},
    {"gpt-5-nano", 400'000, 128'000, true, 50'000, 5'000, 400'000},
    {"gpt-4.1", 1'047'576, 32'768, false, 2'000'000, 500'000, 8'000'000},
    {"gpt-4.1-mini", 1'047'576, 32'768, false, 400'000, 100'000, 1'600'000},
    {"gpt-4.1-nano", 1'047'576, 32'768, false, 100'000, 25'000, 400'000},
    {"gpt-4o", 128'000, 16'384, false, 2'500'000, 1'250'000, 10'000'000},
    {"gpt-4o-mini", 128'000, 16'384, false, 150'000, 75'000, 600'000},
    {"o3", 200'000, 100'000, true, 2'000'000, 500'000, 8'000'000},
    {"o3-mini", 200'000, 100'000, true, 1'100'000, 550'000, 4'400'000},
    {"o4-mini", 200'000, 100'000, true, 1'100'000, 275'000, 4'400'000},
};

}  // namespace

ModelCatalog ModelCatalog::builtin() {
    ModelCatalog catalog;
    catalog.models_.push_back({.provider = "extractive", .id = "extractive", .context_window = 262'144, .max_output = 1'024, .temperature = false, .tools = false,
                               .citations = true});
    add_anthropic(catalog.models_);
    for (const auto& row : kOpenAi) {
        catalog.models_.push_back({.provider = "openai", .id = row.id, .context_window = row.context_window, .max_output = row.max_output, .temperature = !row.reasoning,
                                   .thinking = row.reasoning, .prices = {row.input, row.output, row.cached, row.input}});
    }
    return catalog;
}

}  // namespace agentic::llm
