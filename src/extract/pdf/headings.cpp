#include "extract/pdf/headings.hpp"

#include <algorithm>
#include <cmath>

#include "extract/pdf/line_shape.hpp"

namespace agentic::extract::pdf {
namespace {

constexpr int kHeadingLinesMax = 3;
constexpr std::size_t kHeadingBytesMax = 300;
constexpr std::uint8_t kLevels = 6;

int tenths(float size) { return static_cast<int>(std::lround(size * 10)); }

bool has_letter(std::string_view text) {
    return std::ranges::any_of(text, [](char c) { return (static_cast<unsigned char>(c) & 0x80) != 0 || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'); });
}

}  // namespace

Headings::Headings(const std::vector<Paragraph>& paragraphs) {
    std::map<int, std::size_t> bytes;
    for (const auto& paragraph : paragraphs) bytes[tenths(paragraph.size)] += paragraph.text.size();
    if (bytes.empty()) return;
    body_ = std::ranges::max_element(bytes, {}, [](const auto& entry) { return entry.second; })->first;
    for (const auto& paragraph : paragraphs) {
        if (const int r = rank(paragraph); r > 0) levels_.emplace(r, 0);
    }
    std::uint8_t level = 0;
    for (auto entry = levels_.rbegin(); entry != levels_.rend(); ++entry) entry->second = level = std::min<std::uint8_t>(kLevels, level + 1);
}

/// 0 for what is no heading; otherwise larger for a higher heading. Bold text of the body's size ranks below every larger size.
int Headings::rank(const Paragraph& paragraph) const {
    if (paragraph.lines > kHeadingLinesMax || paragraph.text.size() > kHeadingBytesMax || !has_letter(paragraph.text)) return 0;
    const int size = tenths(paragraph.size);
    if (size * 100 >= body_ * 112) return size;
    const bool stands_out = paragraph.bold && size * 100 >= body_ * 98;
    return stands_out && !paragraph.text.ends_with('.') && !paragraph.text.ends_with(',') ? 1 : 0;
}

std::uint8_t Headings::level_of(const Paragraph& paragraph) const {
    const auto found = levels_.find(rank(paragraph));
    return found == levels_.end() ? 0 : found->second;
}

}  // namespace agentic::extract::pdf
