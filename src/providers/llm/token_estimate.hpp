#pragma once
#include <cstdint>
#include <string_view>

#include "providers/llm/llm_client.hpp"

namespace agentic::llm {

/// About how many tokens a text is, without a vocabulary: for trimming history, reserving budgets and servers that report no usage. Against cl100k_base it
/// is within -15 % .. +30 % for prose (Latin, Cyrillic, CJK), code and JSON; newer vocabularies need fewer tokens for anything but English.
std::int64_t estimate_tokens(std::string_view text);

/// With the few tokens that frame a message or a block.
std::int64_t estimate_tokens(const Message& message);
/// Everything that is sent: system prompt, messages, passages, tools; a quarter more for Anthropic, whose tokens are smaller.
std::int64_t estimate_tokens(const Request& request);

}  // namespace agentic::llm
