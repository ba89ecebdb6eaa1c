#pragma once
#include <span>
#include <string>
#include <vector>

#include "app/config/config.hpp"
#include "app/config/dotenv.hpp"
#include "app/config/settings.hpp"

namespace agentic::app {

/// One place where values come from. The first layer that sets a variable (to more than the empty string) wins.
struct Layer {
    std::string source;  // "flag", "environment", ".env", "/etc/agentic.conf"
    Variables values;
    bool refuses_unknown = false;  // a file that is ours alone: a name that means nothing is a typing error
};

/// One broken rule. Never carries a secret's value.
struct ConfigProblem {
    std::string variable;
    std::string source;
    std::string value_class;
    std::string rule;

    /// "PORT (environment): must be an integer from 0 to 65535"
    std::string to_string() const;
};

/// A setting as it was decided: for `config print`.
struct ConfigEntry {
    const Setting* setting = nullptr;
    std::string source;
    std::string value;  // as it may be shown
};

struct LoadedConfig {
    Config config;
    std::vector<ConfigEntry> entries;
    std::vector<ConfigProblem> problems;  // empty: `config` may be used
    std::vector<std::string> warnings;
};

/// Decides every setting and reports all problems at once. Reads only the files that `NAME_FILE` variables name.
LoadedConfig load_config(std::span<const Layer> layers);

}  // namespace agentic::app
