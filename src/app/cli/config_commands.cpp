#include <print>

#include "app/cli/commands.hpp"
#include "app/config/render.hpp"
#include "app/generated_secret.hpp"
#include "core/log.hpp"

namespace agentic::app {
namespace {

/// nullopt after writing what is wrong with the files themselves.
std::optional<LoadedConfig> load(const Invocation& invocation) {
    const auto layers = config_layers(invocation.flags);
    if (layers) return load_config(*layers);
    for (const auto& fault : layers.error()) std::println(stderr, "error: {}", fault);
    return std::nullopt;
}

Result<void> fill_secrets(Config& config) {
    AGENTIC_CHECK(make_data_dir(config.general.data_dir));
    for (const auto& [secret, name] : {std::pair{&config.security.secret_key, "secret_key"}, {&config.security.jwt_secret, "jwt_secret"}}) {
        if (!secret->empty()) continue;
        AGENTIC_TRY(*secret, generated_secret(config.general.data_dir, name));
    }
    return {};
}

}  // namespace

int config_check(const Invocation& invocation) {
    const auto loaded = load(invocation);
    if (!loaded) return 1;
    if (invocation.output == Output::json) {
        std::println("{}", problems_as_json(*loaded));
    } else {
        for (const auto& problem : loaded->problems) std::println("error: {}", problem.to_string());
        for (const auto& warning : loaded->warnings) std::println("warning: {}", warning);
        if (loaded->problems.empty()) std::println("The configuration is valid.");
    }
    return loaded->problems.empty() ? 0 : 1;
}

int config_print(const Invocation& invocation) {
    const auto loaded = load(invocation);
    if (!loaded) return 1;
    if (invocation.output == Output::json) std::println("{}", config_as_json(*loaded));
    else std::print("{}", config_as_text(*loaded));
    return 0;
}

int config_docs() {
    std::print("{}", configuration_page());
    return 0;
}

Result<Config> checked_config(const Invocation& invocation, bool with_secrets) {
    auto loaded = load(invocation);
    const auto refusal = [] { return fail(ErrorCode::bad_request, "The configuration is not valid; `agentic config check` explains"); };
    if (!loaded) return refusal();
    for (const auto& problem : loaded->problems) std::println(stderr, "error: {}", problem.to_string());
    if (!loaded->problems.empty()) return refusal();
    for (const auto& warning : loaded->warnings) log::warning("config_warning", warning);
    if (with_secrets) AGENTIC_CHECK(fill_secrets(loaded->config));
    return std::move(loaded->config);
}

int failed(const Error& error) {
    std::println(stderr, "error: {}", error.public_message);
    if (!error.internal_context.empty()) std::println(stderr, "       {}", error.internal_context);
    return 1;
}

}  // namespace agentic::app
