#pragma once
#include <string>

#include "app/config/config.hpp"

namespace agentic::app {

/// The model of agents that name none.
struct DefaultModel {
    std::string provider, name;
};

/// As the operator chose it; what is left open follows from the keys that are set.
DefaultModel default_model(const ModelConfig& config);

}  // namespace agentic::app
