#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/json_text.hpp"
#include "core/uuid.hpp"
#include "core/vocabulary.hpp"
#include "schema/codec.hpp"

namespace agentic::schemas {

struct ExecuteRequest {
    std::string input;
    std::optional<Uuid> conversation_id;          // absent: a new conversation
    JsonText context{"{}"};
    bool stream = false;
    bool background = false;
    std::optional<std::int64_t> max_iterations;   // absent: the agent's
    std::optional<OnBusy> on_busy;                // absent: the conversation's
    JsonText metadata{"{}"};
};

struct RunCitation {
    std::string passage_id;
    std::string title;
    std::string quote;
    std::optional<Uuid> chunk_id;                 // these six: of passages from a collection
    std::optional<Uuid> document_id;
    std::optional<std::string> document_title;
    std::optional<Uuid> collection_id;
    std::optional<std::int64_t> page_number;
    std::optional<std::string> section;
};

struct RunToolCall {
    std::string id;
    std::string tool;
    JsonText input{"{}"};
    std::string output;
    bool is_error = false;
};

struct TokenUsage {
    std::int64_t input_tokens = 0;
    std::int64_t output_tokens = 0;
    std::int64_t total_tokens = 0;
    std::int64_t cache_read_tokens = 0;
    std::int64_t cache_write_tokens = 0;
    std::int64_t reasoning_tokens = 0;
};
/// Of whatever counts under these names: a run, a line of the ledger, a provider's answer.
TokenUsage token_usage(const auto& counts) {
    return {.input_tokens = counts.input_tokens,
            .output_tokens = counts.output_tokens,
            .total_tokens = counts.input_tokens + counts.output_tokens,
            .cache_read_tokens = counts.cache_read_tokens,
            .cache_write_tokens = counts.cache_write_tokens,
            .reasoning_tokens = counts.reasoning_tokens};
}

/// The answer of a finished execution: the body of a 200, and the data of the `complete` event.
struct ExecuteResponse {
    Uuid run_id;
    Uuid conversation_id;
    Uuid message_id;
    std::string response;
    std::vector<RunCitation> citations;
    std::vector<RunToolCall> tool_calls;
    TokenUsage token_usage;
    std::int64_t cost_micros = 0;
    std::int64_t latency_ms = 0;
    Timestamp created_at;
};

/// The answer to `background`.
struct ExecuteAccepted {
    Uuid run_id;
    std::string status;
};

}  // namespace agentic::schemas

namespace agentic::schema {
extern template struct Codec<schemas::ExecuteRequest>;
extern template struct Codec<schemas::RunCitation>;
extern template struct Codec<schemas::RunToolCall>;
extern template struct Codec<schemas::TokenUsage>;
extern template struct Codec<schemas::ExecuteResponse>;
extern template struct Codec<schemas::ExecuteAccepted>;
}  // namespace agentic::schema
