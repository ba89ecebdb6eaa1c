#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "core/json_text.hpp"
#include "providers/llm/llm_client.hpp"

namespace agentic::services {

/// The free-form `context` of an execute request, taken apart.
struct PromptContext {
    std::vector<llm::Passage> passages;  // of `documents: [{title, text}]`, ids doc_1, doc_2, ...
    std::string quoted;                  // the other keys, as marked data; empty when there are none
};

/// Fails with `validation_error` naming the place: `context` must be an object or null, `documents` an array of at most 100 objects with a `text`.
Result<PromptContext> read_context(const JsonText& context);

/// The user's message as the model sees it: the quoted data first, then the words. What is stored in the conversation is the words alone.
llm::Message user_message(std::string_view input, const PromptContext& context);

}  // namespace agentic::services
