#include "embeddings/code_points.hpp"

#include <algorithm>
#include <memory>
#include <vector>

#include "embeddings/unicode_tables.hpp"

namespace agentic::embeddings {
namespace {

using tables::Range;

constexpr char32_t kMax = 0x110000;
constexpr std::size_t kBlock = 256;

// The blocks that the reference calls Chinese; newer ideographs stay in their words.
constexpr Range kIdeographs[] = {{0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xF900, 0xFAFF},   {0x20000, 0x2A6DF},
                                 {0x2A700, 0x2B73F}, {0x2B740, 0x2B81F}, {0x2B920, 0x2CEAF}, {0x2F800, 0x2FA1F}};
constexpr Range kHangulSyllables{0xAC00, 0xD7A3};

// Two levels: most blocks of 256 code points are all the same, and share one.
class Table {
public:
    Table() : blocks_(kMax / kBlock, 0), entries_(kBlock) {
        ascii();
        mark(tables::kRemoved, [](CodePoint& c) { c.action = CodePoint::Action::remove; });
        mark(tables::kSpaces, [](CodePoint& c) { c.action = CodePoint::Action::space; });
        mark(tables::kMarks, [](CodePoint& c) { c.action = CodePoint::Action::remove_mark; });
        mark(tables::kPunctuation, [](CodePoint& c) { c.is_punctuation = true; });
        mark(kIdeographs, [](CodePoint& c) { c.is_ideograph = true; });
        mark({&kHangulSyllables, 1}, [](CodePoint& c) { c.action = CodePoint::Action::hangul; });
        for (const auto& [first, last, value] : tables::kCombining) {
            for (char32_t c = first; c <= last; ++c) at(c).combining = static_cast<std::uint8_t>(value);
        }
        for (const auto& [first, last, value] : tables::kFolded) {
            for (char32_t c = first; c <= last; ++c) replace(c, static_cast<char32_t>(static_cast<std::int32_t>(c) + value));
        }
        for (std::size_t i = 0; i < tables::kExpanded.size(); ++i) {
            auto& entry = at(tables::kExpanded[i].from);
            entry.action = CodePoint::Action::expand;
            entry.value = static_cast<char32_t>(i);
        }
    }

    const CodePoint& operator[](char32_t c) const { return entries_[blocks_[c / kBlock] * kBlock + c % kBlock]; }

private:
    void ascii() {
        for (char32_t c = 0; c < 0x80; ++c) {
            auto& entry = at(c);
            if (c == ' ' || c == '\t' || c == '\n' || c == '\r') entry.action = CodePoint::Action::space;
            else if (c < 0x20 || c == 0x7F) entry.action = CodePoint::Action::remove;
            else if (c >= 'A' && c <= 'Z') replace(c, c + 32);
            else entry.is_punctuation = !(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z');
        }
    }

    void replace(char32_t c, char32_t by) {
        at(c).action = CodePoint::Action::replace;
        at(c).value = by;
    }

    CodePoint& at(char32_t c) {
        auto& block = blocks_[c / kBlock];
        if (block == 0) {
            block = static_cast<std::uint16_t>(entries_.size() / kBlock);
            entries_.resize(entries_.size() + kBlock);
        }
        return entries_[block * kBlock + c % kBlock];
    }

    void mark(std::span<const Range> ranges, auto change) {
        for (const auto& [first, last] : ranges) {
            for (char32_t c = first; c <= last; ++c) change(at(c));
        }
    }

    std::vector<std::uint16_t> blocks_;  // 0: the shared block of code points that are kept as they are
    std::vector<CodePoint> entries_;
};

}  // namespace

const CodePoint& code_point(char32_t c) {
    static const Table table;
    return table[c < kMax ? c : 0];
}

}  // namespace agentic::embeddings
