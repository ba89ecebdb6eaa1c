#include "app/config/default_model.hpp"

namespace agentic::app {
namespace {

std::string provider_of(const ModelConfig& config) {
    if (config.default_provider != "auto") return config.default_provider;
    if (!config.anthropic_api_key.empty()) return "anthropic";
    return config.openai_api_key.empty() ? "extractive" : "openai";
}

std::string name_of(const ModelConfig& config, const std::string& provider) {
    if (!config.default_model.empty()) return config.default_model;
    if (provider == "anthropic") return "claude-sonnet-5-5";
    if (provider == "openai") return "gpt-5.4";
    return provider == "extractive" ? "extractive" : "default";
}

}  // namespace

DefaultModel default_model(const ModelConfig& config) {
    auto provider = provider_of(config);
    auto name = name_of(config, provider);
    return {std::move(provider), std::move(name)};
}

}  // namespace agentic::app
