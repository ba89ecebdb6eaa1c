#include "services/runs/model_access.hpp"

#include <utility>

namespace agentic::services {

Task<llm::Answer> ProviderRouter::stream(llm::Request request, llm::DeltaSink sink) {
    auto* client = clients_.find(request.endpoint.provider);
    if (client == nullptr) co_return fail(ErrorCode::unavailable, "There is no model provider '" + request.endpoint.provider + "'");
    if (request.anthropic_version.empty()) request.anthropic_version = anthropic_version_;
    co_return co_await client->stream(std::move(request), std::move(sink));
}

std::int64_t CatalogFacts::context_window(const std::string& provider, const std::string& model) const {
    return catalog_.find(provider, model).context_window;
}

ModelCost CatalogFacts::cost(const ModelCall& call) const {
    auto info = catalog_.find(call.provider, call.model);
    if (!info.known) info = catalog_.find(call.provider, call.requested_model);
    const auto& prices = info.prices;
    ModelCost cost{.micros = llm::cost_micros(prices, call.usage)};
    cost.prices.text = "{\"input\":" + std::to_string(prices.input) + ",\"output\":" + std::to_string(prices.output) +
                       ",\"cache_read\":" + std::to_string(prices.cache_read) + ",\"cache_write\":" + std::to_string(prices.cache_write) +
                       ",\"known\":" + (info.known ? "true}" : "false}");
    return cost;
}

Task<llm::Endpoint> ConfiguredEndpoints::resolve(TenantScope, std::string provider) { co_return find(provider); }

Result<llm::Endpoint> ConfiguredEndpoints::find(const std::string& provider) const {
    if (provider == "extractive") return llm::Endpoint{.provider = provider};
    const auto setting = providers_.find(provider);
    if (setting == providers_.end()) return fail(ErrorCode::unavailable, "There is no model provider '" + provider + "'");
    const auto missing = [&](const std::string& name) {
        return fail(ErrorCode::unavailable, "The model provider " + provider + " is not configured: the operator has to set " + name);
    };
    if (setting->second.needs_key && setting->second.api_key.empty()) return missing(setting->second.key_setting);
    if (setting->second.needs_base_url && setting->second.base_url.empty()) return missing(setting->second.base_url_setting);
    return llm::Endpoint{.provider = provider, .base_url = setting->second.base_url, .api_key = setting->second.api_key};
}

}  // namespace agentic::services
