#pragma once
// The data of a run's events, as JSON. Pure.
#include <string>

#include "db/repositories/messages.hpp"
#include "db/repositories/runs.hpp"
#include "schemas/execute.hpp"
#include "services/runs/run_types.hpp"

namespace agentic::services {

/// Of `run_started`, and of `restarted`, which tells watchers to forget every `token` and `thinking` of the attempt before: those were never stored.
std::string started_data(const db::RunRow& run);
/// Of `message`.
std::string message_data(const db::MessageRow& message);
/// Of `error`.
std::string error_data(const Error& error);
/// Of `complete`, and the body of the 200.
schemas::ExecuteResponse response_of(const db::RunRow& run, const RunAnswer& answer, const db::MessageRow& message, const llm::Usage& usage,
                                     std::int64_t cost_micros);
schemas::TokenUsage wire_usage(const llm::Usage& usage);

}  // namespace agentic::services
