#pragma once
// What a model is told of the past. Pure functions; the newest message is always the user's and always stays.
#include <cstdint>
#include <string_view>
#include <vector>

#include "providers/llm/llm_client.hpp"

namespace agentic::services {

/// Makes any stored past acceptable to every provider: no empty message, no tool call without its result right behind it and no result without its
/// call, the first message from the user, roles alternating (neighbours of one role are joined).
std::vector<llm::Message> repair_history(std::vector<llm::Message> messages);

/// Drops the oldest turns, each whole (a user's message and everything up to the next), until the rest fits `budget_tokens` of the provider. The
/// newest turn stays even when it alone is too long. Expects repaired messages.
std::vector<llm::Message> fit_history(std::vector<llm::Message> messages, std::int64_t budget_tokens, std::string_view provider);

}  // namespace agentic::services
