#include "app/config/sources.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace agentic::app {
namespace {

Layer environment_layer() {
    Layer layer{.source = "environment"};
    for (const auto& setting : settings()) {
        for (const auto& name : {std::string(setting.name), std::string(setting.name) + "_FILE"}) {
            if (const char* value = std::getenv(name.c_str())) layer.values.emplace(name, value);
        }
    }
    return layer;
}

/// Adds the layer of a file in the grammar of parse_dotenv.
void add_file(const std::string& path, bool refuses_unknown, std::vector<Layer>& layers, std::vector<std::string>& faults) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    if (!file || !(text << file.rdbuf() || file.eof())) {
        if (!std::filesystem::is_regular_file(path) || std::filesystem::file_size(path) > 0) return faults.push_back(path + ": cannot be read");
    }
    auto values = parse_dotenv(text.view());
    if (values) return layers.push_back({path, *std::move(values), refuses_unknown});
    for (const auto& fault : values.error()) faults.push_back(path + ": " + fault);
}

}  // namespace

std::string environment_variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

std::expected<std::vector<Layer>, std::vector<std::string>> config_layers(const ConfigFlags& flags) {
    std::vector<std::string> faults;
    std::vector<Layer> layers{{"flag", flags.values}, environment_layer()};
    const bool env_file_asked_for = flags.env_file != ".env";
    if (env_file_asked_for || std::filesystem::exists(flags.env_file)) add_file(flags.env_file, false, layers, faults);
    const auto config_file = flags.config_file.empty() ? environment_variable("CONFIG_FILE") : flags.config_file;
    if (!config_file.empty()) add_file(config_file, true, layers, faults);
    if (!faults.empty()) return std::unexpected(std::move(faults));
    return layers;
}

}  // namespace agentic::app
