#include "providers/llm/llm_client.hpp"

namespace agentic::llm {

std::string joined_text(const std::vector<Block>& blocks, std::string_view between) {
    std::string out;
    for (const auto& block : blocks) {
        const auto* text = std::get_if<TextBlock>(&block);
        if (text == nullptr || text->text.empty()) continue;
        if (!out.empty()) out += between;
        out += text->text;
    }
    return out;
}

}  // namespace agentic::llm
