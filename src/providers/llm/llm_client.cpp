#include "providers/llm/llm_client.hpp"

namespace agentic::llm {

std::string Answer::text() const {
    std::string out;
    for (const auto& block : blocks) {
        if (const auto* text = std::get_if<TextBlock>(&block)) out += text->text;
    }
    return out;
}

}  // namespace agentic::llm
