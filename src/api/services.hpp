#pragma once
#include <cstdint>
#include <string>

namespace agentic {

class Clock;
namespace db { class Executor; }
namespace auth { class Authenticator; }

namespace api {

class Readiness;

/// What a new agent gets where its request says nothing; from the configuration.
struct AgentDefaults {
    std::string model_provider = "extractive";   // as long as no key of a model provider is configured
    std::string model_name = "extractive";
    std::int64_t timeout_seconds = 300;
    std::int64_t max_iterations = 10;
};

/// What endpoints may use; owned by the application, alive as long as the server.
struct Services {
    const Clock& clock;
    db::Executor& db;
    Readiness& readiness;
    AgentDefaults agent_defaults{};
};

}  // namespace api
}  // namespace agentic
