#pragma once
#include <chrono>
#include <optional>
#include <vector>

#include "db/repositories/agents.hpp"
#include "db/repositories/runs.hpp"
#include "services/runs/prompt.hpp"
#include "services/runs/run_machine.hpp"

namespace agentic::services {

/// What a plan is made of.
struct PlanInput {
    const db::AgentRow& agent;
    const db::RunRow& run;
    const PromptContext& context;
    std::vector<db::PastMessageRow> past;   // oldest first, up to and with the user's message; empty: no memory
    llm::Endpoint endpoint;
    std::int64_t context_window;            // tokens
    std::chrono::steady_clock::time_point deadline;
};

/// The request of this run's model calls: system prompt, the past that fits, the user's message with its context. Pure.
RunPlan make_plan(PlanInput input);

}  // namespace agentic::services
