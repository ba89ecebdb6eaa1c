#include "services/runs/run_types.hpp"

namespace agentic::services {

llm::Usage operator+(const llm::Usage& a, const llm::Usage& b) {
    return {.input_tokens = a.input_tokens + b.input_tokens,
            .output_tokens = a.output_tokens + b.output_tokens,
            .cache_read_tokens = a.cache_read_tokens + b.cache_read_tokens,
            .cache_write_tokens = a.cache_write_tokens + b.cache_write_tokens,
            .reasoning_tokens = a.reasoning_tokens + b.reasoning_tokens,
            .estimated = a.estimated || b.estimated};
}

std::string_view to_string(llm::StopReason reason) {
    switch (reason) {
        case llm::StopReason::end_turn: return "end_turn";
        case llm::StopReason::max_tokens: return "max_tokens";
        case llm::StopReason::stop_sequence: return "stop_sequence";
        case llm::StopReason::tool_use: return "tool_use";
        case llm::StopReason::pause: return "pause";
        case llm::StopReason::refusal: return "refusal";
        case llm::StopReason::context_window: return "context_window";
        case llm::StopReason::other: return "other";
    }
    return "other";
}

std::string without_nul(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        if (c == '\0') out += "\xEF\xBF\xBD";
        else out += c;
    }
    return out;
}

}  // namespace agentic::services
