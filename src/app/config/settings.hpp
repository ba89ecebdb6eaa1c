#pragma once
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "app/config/config.hpp"
#include "app/config/values.hpp"

namespace agentic::app {

/// One row of the table from which parsing, checking, `--help`, `config print` and the documentation come.
struct Setting {
    std::string_view name;           // the environment variable
    std::string_view group;
    Reader reader;
    std::string_view default_value;  // as text, through the same reader; "" is "not set"
    std::string_view description;
    std::function<void(Config&, const Value&)> store;

    bool is_secret() const { return reader.visibility == Visibility::secret; }
    /// `--database-pool-size`; of a secret `--jwt-secret-file`, because the command line is visible to every process.
    std::string flag() const;
};

/// In the order of the documentation.
std::span<const Setting> settings();
const Setting* find_setting(std::string_view name);

}  // namespace agentic::app
