#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "async/types.hpp"
#include "core/json_text.hpp"
#include "core/secret.hpp"

namespace agentic::llm {

/// How long an answer may be when the request does not say, where a provider has to be told; so much is kept free for it in the window.
constexpr std::int64_t kAnswerTokensDefault = 8'192;

/// Content of a message in our own form. `raw` keeps the provider's block byte for byte where it must go back unmodified (thinking and its signature).
struct TextBlock { std::string text; };
struct ThinkingBlock { std::string text; JsonText raw; };
struct ToolUseBlock { std::string id, name; JsonText input; };
struct ToolResultBlock { std::string tool_use_id, output; bool is_error = false; };
using Block = std::variant<TextBlock, ThinkingBlock, ToolUseBlock, ToolResultBlock>;

/// The texts of all text blocks that have any, with `between` between them.
std::string joined_text(const std::vector<Block>& blocks, std::string_view between = {});

enum class MessageRole : std::uint8_t { user, assistant };
struct Message {
    MessageRole role = MessageRole::user;
    std::vector<Block> blocks;
};

/// A passage given to the model as marked, quoted data; `id` comes back in citations.
struct Passage { std::string id, title, text; };

struct ToolSpec { std::string name, description; JsonText input_schema; };

/// Where and as whom to call: from the tenant's credential, else from the operator's configuration.
struct Endpoint {
    std::string provider;   // "anthropic", "openai", "openai_compatible", "extractive"
    std::string base_url;   // "" = the provider's own
    Secret api_key;
};

struct Request {
    Endpoint endpoint;
    std::string model;
    std::string system_prompt;
    std::vector<Message> messages;
    std::vector<Passage> passages;
    std::vector<ToolSpec> tools;
    std::optional<double> temperature;   // 0 is a value
    std::optional<std::int64_t> max_tokens;
    std::string anthropic_version;       // "" = the default
    std::chrono::steady_clock::time_point deadline;
};

/// Normalised once for all providers: `input_tokens` counts every prompt token, cached ones included; the three cache/reasoning counts are parts of
/// input and output, not additions to them.
struct Usage {
    std::int64_t input_tokens = 0;
    std::int64_t output_tokens = 0;
    std::int64_t cache_read_tokens = 0;
    std::int64_t cache_write_tokens = 0;
    std::int64_t reasoning_tokens = 0;
    bool estimated = false;  // the provider reported none: counted by token_estimate.hpp
};

/// `passage_id` is a Passage's id, or "turn-N" (N counts messages from 1) when an earlier turn of the conversation was quoted.
struct Citation {
    std::string passage_id, title, quote;

    bool operator==(const Citation&) const = default;
};

/// `pause`: the provider wants the same blocks back, as an assistant message, to go on.
enum class StopReason : std::uint8_t { end_turn, max_tokens, stop_sequence, tool_use, pause, refusal, context_window, other };

/// What a client hears while the model answers, in order.
struct TextDelta { std::string_view text; };
struct ThinkingDelta { std::string_view text; };
/// What the provider says the call has used so far, so that one that breaks off can be booked; the next report replaces it. Not a part of the answer: the
/// call may still be repeated.
struct UsageReport { Usage usage; };
using Delta = std::variant<TextDelta, ThinkingDelta, UsageReport>;
using DeltaSink = std::function<void(const Delta&)>;

struct Answer {
    std::vector<Block> blocks;
    StopReason stop_reason = StopReason::end_turn;
    Usage usage;
    std::string model;                  // as the provider reports it
    std::vector<Citation> citations;
    std::vector<std::string> warnings;  // such as "temperature is not supported by this model and was not sent"

    std::string text() const { return joined_text(blocks); }
};

/// One model protocol. Always streams inside; retries (2, with jitter, only before the first delta reached the sink) are inside too. Errors:
/// `upstream_error` (its public_message is safe to show), `rate_limited` (with retry_after_s), `deadline_exceeded` (the request's own), `forbidden` (address refused),
/// `bad_request` (the provider refused the request as malformed: our caller's configuration), `cancelled`.
class LlmClient {
public:
    virtual ~LlmClient() = default;
    /// `sink` is called on the caller's executor. Cancelling the awaiting coroutine closes the upstream connection.
    virtual Task<Answer> stream(Request request, DeltaSink sink) = 0;
};

}  // namespace agentic::llm
