#pragma once
#include <string>

#include "app/config/load.hpp"

namespace agentic::app {

/// The settings as they were decided, with their sources, for people and for programs. Secrets are never in them.
std::string config_as_text(const LoadedConfig& loaded);
std::string config_as_json(const LoadedConfig& loaded);

/// Problems and warnings: `{"ok", "problems": [{"variable", "source", "value_class", "rule"}], "warnings": []}`.
std::string problems_as_json(const LoadedConfig& loaded);

/// The tables of docs/configuration.md, and the whole page.
std::string settings_as_markdown();
std::string configuration_page();

}  // namespace agentic::app
