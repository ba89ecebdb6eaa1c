#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "providers/llm/llm_client.hpp"

namespace agentic::llm {

/// About how many tokens a text is, without a vocabulary: for trimming history, reserving budgets and servers that report no usage. Against cl100k_base it
/// is within -15 % .. +30 % for prose (Latin, Cyrillic, CJK), code and JSON; newer vocabularies need fewer tokens for anything but English.
std::int64_t estimate_tokens(std::string_view text);

/// With the few tokens that frame a message or a block.
std::int64_t estimate_tokens(const Message& message);
/// What an estimate is in the provider's own tokens: a quarter more for Anthropic, whose tokens are smaller.
std::int64_t provider_tokens(std::string_view provider, std::int64_t estimate);
/// Everything that is sent: system prompt, messages, passages, tools, in the provider's own tokens.
std::int64_t estimate_tokens(const Request& request);

/// What a call has used that broke off after `delivered`, where the provider had said no more than `reported`.
Usage usage_of_broken_call(const Request& request, const std::optional<Usage>& reported, std::string_view delivered);

}  // namespace agentic::llm
