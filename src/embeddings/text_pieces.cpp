#include "embeddings/text_pieces.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "core/utf8.hpp"
#include "embeddings/letter_tables.hpp"

namespace agentic::embeddings {
namespace {

enum class Kind : std::uint8_t { other, letter, number, space };

constexpr char32_t kMax = 0x110000;
constexpr std::size_t kBlock = 256;

// Two levels: most blocks of 256 code points are all the same, and share one.
class Kinds {
public:
    Kinds() : blocks_(kMax / kBlock, 0), entries_(kBlock) {
        mark(tables::kLetters, Kind::letter);
        mark(tables::kNumbers, Kind::number);
        mark(tables::kWhiteSpace, Kind::space);
    }
    Kind operator[](char32_t c) const { return entries_[blocks_[c / kBlock] * kBlock + c % kBlock]; }

private:
    void mark(std::span<const tables::Range> ranges, Kind kind) {
        for (const auto& [first, last] : ranges) {
            for (char32_t c = first; c <= last; ++c) at(c) = kind;
        }
    }
    Kind& at(char32_t c) {
        auto& block = blocks_[c / kBlock];
        if (block == 0) {
            block = static_cast<std::uint16_t>(entries_.size() / kBlock);
            entries_.resize(entries_.size() + kBlock);
        }
        return entries_[block * kBlock + c % kBlock];
    }

    std::vector<std::uint16_t> blocks_;
    std::vector<Kind> entries_;
};

Kind kind_of(char32_t c) {
    static const Kinds kinds;
    return kinds[c];
}

bool is_line_end(char c) { return c == '\r' || c == '\n'; }

std::size_t end_of_run(std::string_view text, std::size_t at, Kind kind, std::size_t most = SIZE_MAX) {
    for (; at < text.size() && most > 0; --most) {
        auto next = at;
        if (kind_of(next_code_point(text, next)) != kind) break;
        at = next;
    }
    return at;
}

// The size of what follows an apostrophe in "don't", "we'LL"; 0 for anything else. The long s is an s without its case.
std::size_t contraction(std::string_view rest) {
    const auto lower = [rest](std::size_t i) { return i < rest.size() && rest[i] >= 'A' && rest[i] <= 'Z' ? static_cast<char>(rest[i] + 32) : i < rest.size() ? rest[i] : '\0'; };
    const char first = lower(0), second = lower(1);
    if (first == 's' || first == 'd' || first == 'm' || first == 't') return 1;
    if (rest.starts_with("\u017F")) return 2;
    return (first == 'l' && second == 'l') || (first == 'v' && second == 'e') || (first == 'r' && second == 'e') ? 2 : 0;
}

// White space: all of it at the end of the text; else up to its last line end; else all but the last, which belongs to the word behind it.
std::size_t end_of_space(std::string_view text, std::size_t begin) {
    std::size_t at = begin, last = begin, behind_line_end = begin;
    while (at < text.size()) {
        auto next = at;
        if (kind_of(next_code_point(text, next)) != Kind::space) break;
        if (is_line_end(text[at])) behind_line_end = next;
        last = at;
        at = next;
    }
    if (at == text.size()) return at;
    if (behind_line_end > begin) return behind_line_end;
    return last > begin ? last : at;
}

}  // namespace

std::size_t piece_end(std::string_view text, std::size_t at) {
    if (text[at] == '\'') {
        if (const auto size = contraction(text.substr(at + 1)); size > 0) return at + 1 + size;
    }
    auto behind = at;
    const auto kind = kind_of(next_code_point(text, behind));
    const bool may_lead = kind != Kind::letter && kind != Kind::number && !is_line_end(text[at]);
    const auto letters = may_lead ? behind : at;
    if (const auto end = end_of_run(text, letters, Kind::letter); end > letters) return end;
    if (kind == Kind::number) return end_of_run(text, at, Kind::number, 3);
    const auto others = text[at] == ' ' ? at + 1 : at;
    if (auto end = end_of_run(text, others, Kind::other); end > others) {
        while (end < text.size() && is_line_end(text[end])) ++end;
        return end;
    }
    return end_of_space(text, at);
}

}  // namespace agentic::embeddings
