#pragma once
// The data of a run's events, as JSON. Pure.
#include <string>

#include "db/repositories/messages.hpp"
#include "db/repositories/runs.hpp"
#include "schemas/execute.hpp"
#include "services/runs/run_types.hpp"

namespace agentic::services {

/// Appends `"name":"text"` to an object, with a comma unless it is the first member.
void append_member(std::string& out, std::string_view name, std::string_view text);

/// Of `run_started`.
std::string started_data(const db::RunRow& run);
/// Of `restarted`: the same, and the last event that counts. Watchers forget every event between the two; it was never stored.
std::string restarted_data(const db::RunRow& run, std::int64_t confirmed_sequence);
/// Of `message`.
std::string message_data(const db::MessageRow& message);
/// Of `error`.
std::string error_data(const Error& error);
/// Of `complete`, and the body of the 200.
schemas::ExecuteResponse response_of(const db::RunRow& run, std::vector<schemas::RunCitation> citations, const db::MessageRow& message, const llm::Usage& usage,
                                     std::int64_t cost_micros);

}  // namespace agentic::services
