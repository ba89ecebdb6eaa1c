#pragma once
#include <cstdint>
#include <string_view>

#include "providers/llm/llm_client.hpp"

namespace agentic::llm {

/// About how many tokens a text is, without a vocabulary: for trimming history, reserving budgets and servers that report no usage. Errs upwards. Against
/// cl100k_base: English prose, code and JSON within -5 % .. +30 %; Cyrillic and CJK within -10 % .. +40 % (tests/unit/providers/llm/token_estimate_test.cpp).
std::int64_t estimate_tokens(std::string_view text);

/// With the few tokens that frame a message or a block.
std::int64_t estimate_tokens(const Message& message);
/// Everything that is sent: system prompt, messages, passages, tools.
std::int64_t estimate_tokens(const Request& request);

}  // namespace agentic::llm
