#include "extract/plain_text.hpp"

#include <algorithm>

#include "extract/encoding.hpp"

namespace agentic::extract {
namespace {

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r\v") == std::string_view::npos; }

}  // namespace

void read_plain_text(std::string_view bytes, DocumentBuilder& out) {
    auto text = to_utf8(bytes);
    if (!text.contains('\n')) std::ranges::replace(text, '\r', '\n');   // the line ends of old Macintoshes
    std::size_t paragraph = 0;
    std::size_t at = 0;
    const auto finish = [&](std::size_t end) {
        if (end > paragraph) out.add(knowledge::BlockKind::paragraph, std::string_view(text).substr(paragraph, end - paragraph));
    };
    while (at < text.size()) {
        const auto end = std::min(text.find_first_of("\n\f", at), text.size());
        const bool blank = is_blank(std::string_view(text).substr(at, end - at));
        const bool page_end = end < text.size() && text[end] == '\f';
        if (blank || page_end) {
            finish(blank ? at : end);
            paragraph = std::min(end + 1, text.size());
        }
        at = end + 1;
    }
    finish(text.size());
}

}  // namespace agentic::extract
