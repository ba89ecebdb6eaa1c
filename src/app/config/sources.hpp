#pragma once
#include <expected>
#include <string>
#include <vector>

#include "app/config/load.hpp"

namespace agentic::app {

/// What the command line says about configuration.
struct ConfigFlags {
    Variables values;                // by variable name
    std::string config_file;         // --config, else CONFIG_FILE; "" is none
    std::string env_file = ".env";   // --env-file; may be missing unless it was asked for
};

/// Flags, environment, .env, config file, in order of precedence. Reads the process environment: the only place that does.
/// Fails with one message for each file that cannot be read or parsed.
std::expected<std::vector<Layer>, std::vector<std::string>> config_layers(const ConfigFlags& flags);

/// A variable that is not a setting but belongs to the process (NOTIFY_SOCKET); "" when unset.
std::string environment_variable(const char* name);

}  // namespace agentic::app
