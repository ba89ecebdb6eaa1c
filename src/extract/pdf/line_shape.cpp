#include "extract/pdf/line_shape.hpp"

#include <unicode/uchar.h>

#include <algorithm>
#include <array>

#include "extract/utf8.hpp"

namespace agentic::extract::pdf {
namespace {

/// The last code point and where it begins; 0 for an empty line.
char32_t last_of(std::string_view line, std::size_t& begin) {
    begin = line.size();
    if (line.empty()) return 0;
    --begin;
    while (begin > 0 && (static_cast<unsigned char>(line[begin]) & 0xC0) == 0x80) --begin;
    auto at = begin;
    return next_utf8(line, at);
}

char32_t first_of(std::string_view line) {
    std::size_t at = 0;
    return line.empty() ? 0 : next_utf8(line, at);
}

bool is_letter(char32_t c) { return u_isalpha(static_cast<UChar32>(c)) != 0; }

constexpr std::u32string_view kSentenceEnds = U".!?:;。!?:;؟։।…";
constexpr std::u32string_view kClosers = U")]}\"'”’»」』)";
constexpr std::u32string_view kBullets = U"•‣◦⁃∙▪▫●○■□◆◇➢➤✓·";

bool is_label(std::string_view text) {   // "3", "12", "b", "iv"
    if (text.empty() || text.size() > 3) return false;
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    const auto roman = [](char c) { return c == 'i' || c == 'v' || c == 'x'; };
    const bool letter = text.size() == 1 && ((text[0] | 0x20) >= 'a' && (text[0] | 0x20) <= 'z');
    return letter || std::ranges::all_of(text, digit) || std::ranges::all_of(text, roman);
}

}  // namespace

bool ends_sentence(std::string_view line) {
    std::size_t begin = 0;
    auto last = last_of(line, begin);
    while (kClosers.contains(last) && begin > 0) {
        line = line.substr(0, begin);
        last = last_of(line, begin);
    }
    return last != 0 && kSentenceEnds.contains(last);
}

bool begins_lower(std::string_view line) { return u_islower(static_cast<UChar32>(first_of(line))) != 0; }

bool ends_in_hyphen(std::string_view line) {
    std::size_t begin = 0;
    const auto last = last_of(line, begin);
    if (last != '-' && last != 0xAD && last != 0x2010) return false;
    return is_letter(last_of(line.substr(0, begin), begin));
}

void remove_hyphen(std::string& line) {
    std::size_t begin = 0;
    last_of(line, begin);
    line.resize(begin);
}

bool joins_without_space(std::string_view line, std::string_view next) {
    std::size_t begin = 0;
    return is_unspaced_script(last_of(line, begin)) && is_unspaced_script(first_of(next));
}

bool list_mark(std::string_view line) {
    const auto word = line.substr(0, line.find(' '));
    if (word.size() == line.size()) return false;
    if (kBullets.contains(first_of(word)) && word.size() <= 3) return true;
    if (word.size() > 5) return false;
    if (word.starts_with('(') && word.ends_with(')')) return is_label(word.substr(1, word.size() - 2));
    return (word.ends_with('.') || word.ends_with(')')) && is_label(word.substr(0, word.size() - 1));
}

float first_word_share(std::string_view line) {
    const auto word = std::min(line.find(' '), line.size());
    return line.empty() ? 0 : static_cast<float>(word) / static_cast<float>(line.size());
}

}  // namespace agentic::extract::pdf
