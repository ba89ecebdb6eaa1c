#pragma once
#include <random>
#include <string>

#include "knowledge/document.hpp"

namespace agentic::knowledge::test {

/// A random document of up to 8 blocks in several scripts, with headings, pages, giant words and emoji; the same for the same generator.
inline ExtractedDocument random_document(std::mt19937_64& random) {
    const auto up_to = [&](std::size_t n) { return static_cast<std::size_t>(random() % (n + 1)); };
    static const std::string kWords[] = {"a", "the", "chunk", "retrieval", "Dr.", "e.g.", "3.14", "counterrevolutionaries", "naïve", "Größe", "知識", "检索系统", "こんにちは", "\U0001F600", "\U0001F468\u200D\U0001F469",
                                         "слово", "x=y;", "(see", "below)", "https://example.org/a/b?c=d", "don't", "--flag"};
    static const std::string kEnds[] = {". ", "! ", "? ", "。", "... ", "; ", ".\" "};
    ExtractedDocument out;
    std::uint32_t page = up_to(2) > 0 ? 1 : 0;
    for (std::size_t blocks = up_to(8); blocks > 0; --blocks) {
        TextBlock block{.page = page};
        if (up_to(4) == 0) {
            block.kind = BlockKind::heading;
            block.level = static_cast<std::uint8_t>(1 + up_to(3));
        } else if (up_to(9) == 0) {
            block.kind = BlockKind::table;
        }
        std::string text;
        for (std::size_t words = block.kind == BlockKind::heading ? 1 + up_to(4) : 1 + up_to(up_to(12) == 0 ? 120 : 16); words > 0; --words) {
            text += up_to(200) == 0 ? std::string(50 + up_to(500), 'w') : kWords[up_to(std::size(kWords) - 1)];
            if (words > 1) text += up_to(7) == 0 ? kEnds[up_to(std::size(kEnds) - 1)] : block.kind == BlockKind::table && up_to(4) == 0 ? "\n" : up_to(12) == 0 ? "" : " ";
        }
        if (!out.text.empty()) out.text += "\n\n";
        block.begin = out.text.size();
        out.text += text;
        block.end = out.text.size();
        out.blocks.push_back(block);
        if (page > 0 && up_to(5) == 0) ++page;
    }
    out.page_count = page;
    return out;
}

}  // namespace agentic::knowledge::test
