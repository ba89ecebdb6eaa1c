#pragma once
// What the configuration means to each part: parts know their own settings and never the configuration.
#include <cstddef>

#include "api/services.hpp"
#include "app/config/config.hpp"
#include "http/server_settings.hpp"
#include "services/accounts.hpp"

namespace agentic::app {

std::size_t io_threads(const ServerConfig& config);
http::ServerSettings server_settings(const ServerConfig& config);
auth::AccountConfig account_config(const SecurityConfig& config);
api::AgentDefaults agent_defaults(const Config& config);

}  // namespace agentic::app
