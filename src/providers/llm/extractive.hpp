#pragma once
#include "providers/llm/llm_client.hpp"

namespace agentic::llm {

/// Answers without a model: picks the one to three sentences of the passages, or of earlier turns of the conversation, that fit the question best, and
/// cites them. Deterministic, needs no key, makes nothing up; says so when the passages hold no answer or there are none. `usage` is estimated.
class ExtractiveClient final : public LlmClient {
public:
    Task<Answer> stream(Request request, DeltaSink sink) override;
};

/// The same without streaming: pure.
Answer extract_answer(const Request& request);

}  // namespace agentic::llm
