#pragma once
#include <string_view>

#include "core/encoding.hpp"
#include "knowledge/document.hpp"

namespace agentic::test {

/// What every extracted document keeps to, whatever it was made of. Empty when it does; otherwise what it breaks.
inline std::string_view fault_of(const knowledge::ExtractedDocument& document) {
    const std::string_view text = document.text;
    if (!is_valid_utf8(text)) return "the text is not UTF-8";
    for (const char c : text) {
        if ((c >= 0 && c < 0x20 && c != '\n') || c == 0x7F) return "a control character";
    }
    std::size_t reached = 0;
    for (const auto& block : document.blocks) {
        if (block.begin != (reached == 0 ? 0 : reached + 2) || block.end <= block.begin || block.end > text.size()) return "a block out of place";
        if (reached != 0 && text.substr(reached, 2) != "\n\n") return "blocks without an empty line between them";
        if ((block.kind == knowledge::BlockKind::heading) != (block.level >= 1 && block.level <= 6)) return "a wrong heading level";
        if (block.page > document.page_count) return "a page that is not there";
        reached = block.end;
    }
    return reached == text.size() ? std::string_view() : "text behind the blocks";
}

}  // namespace agentic::test
