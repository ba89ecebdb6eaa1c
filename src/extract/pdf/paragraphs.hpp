#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "extract/pdf/columns.hpp"
#include "knowledge/document.hpp"

namespace agentic::extract::pdf {

/// A paragraph, a heading (as far as one page tells) or an item of a list. Where a line ended in a hyphen that may be the typesetter's, the text holds
/// kMaybeHyphen between the two halves: which it was is known only when the whole document's words are (hyphens.hpp).
struct Paragraph {
    std::string text;
    std::uint32_t page = 0;
    float size = 0;       // of its font, in points
    bool bold = false;
    bool list_item = false;
    int lines = 0;
};

inline constexpr char kMaybeHyphen = '\x1F';

/// Groups the lines of a page into paragraphs by their distance, indents, sizes and ends, and appends them to `out`.
void group_lines(const std::vector<Line>& lines, std::uint32_t page, std::vector<Paragraph>& out);

}  // namespace agentic::extract::pdf
