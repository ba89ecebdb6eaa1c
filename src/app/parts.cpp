#include "app/parts.hpp"

#include <algorithm>
#include <string>
#include <thread>

namespace agentic::app {
namespace {

auth::Registration registration_of(Registration configured) {
    switch (configured) {
        case Registration::open: return auth::Registration::open;
        case Registration::first: return auth::Registration::first;
        case Registration::closed: break;
    }
    return auth::Registration::closed;
}

std::string default_provider(const ModelConfig& config) {
    if (config.default_provider != "auto") return config.default_provider;
    if (!config.anthropic_api_key.empty()) return "anthropic";
    return config.openai_api_key.empty() ? "extractive" : "openai";
}

std::string default_model(const ModelConfig& config, const std::string& provider) {
    if (!config.default_model.empty()) return config.default_model;
    if (provider == "anthropic") return "claude-sonnet-5-5";
    if (provider == "openai") return "gpt-5.4";
    return provider == "extractive" ? "extractive" : "default";
}

}  // namespace

std::size_t io_threads(const ServerConfig& config) { return config.threads > 0 ? config.threads : std::max(1U, std::jthread::hardware_concurrency()); }

http::ServerSettings server_settings(const ServerConfig& config) {
    http::ServerSettings settings;
    settings.address = config.host;
    settings.port = config.port;
    settings.body_limit_bytes = config.max_body_bytes;
    settings.allowed_origins = config.allowed_origins;
    settings.trusted_proxies = config.trusted_proxies;
    return settings;
}

auth::AccountConfig account_config(const SecurityConfig& config) {
    return {.registration = registration_of(config.registration), .setup_token = config.setup_token, .refresh_lifetime = config.refresh_token_lifetime};
}

api::AgentDefaults agent_defaults(const Config& config) {
    const auto provider = default_provider(config.models);
    return {.model_provider = provider,
            .model_name = default_model(config.models, provider),
            .timeout_seconds = config.agents.default_timeout.count(),
            .max_iterations = config.agents.max_iterations};
}

}  // namespace agentic::app
