#include "core/sentences.hpp"

#include <algorithm>
#include <string>

#include "core/trim.hpp"

namespace agentic {
namespace {

// Never the end of a sentence.
constexpr std::string_view kTitles[] = {"approx", "bspw", "bzw", "ca", "capt", "cf", "col", "d.h", "dr", "e.g", "eds", "eq", "fig", "figs", "gen", "gov", "hon", "i.e", "lt", "mlle", "mme",
                                        "mr", "mrs", "ms", "nos", "nr", "pp", "prof", "rev", "sen", "sgt", "sog", "st", "u.a", "vgl", "viz", "vol", "vs", "z.b"};
// The end of one when a capital follows.
constexpr std::string_view kAbbreviations[] = {"a.m", "al", "apr", "aug", "co", "corp", "dec", "dept", "ed", "est", "etc", "feb", "inc", "jan", "jr", "jul", "jun", "ltd", "nov", "oct",
                                               "p.m", "resp", "sec", "sep", "sept", "sr", "usw"};
// Only before a figure.
constexpr std::string_view kNumbered[] = {"abs", "art", "ch", "no", "p"};
static_assert(std::ranges::is_sorted(kTitles) && std::ranges::is_sorted(kAbbreviations) && std::ranges::is_sorted(kNumbered));

constexpr std::string_view kWideMarks[] = {"\u3002", "\uff01", "\uff1f", "\uff61", "\uff0e", "\u0964", "\u0965"};  // no space needed behind them
constexpr std::string_view kSpacedMarks[] = {"\u2026", "\u203c", "\u2047", "\u2048", "\u2049", "\u061f", "\u06d4", "\u0589", "\u1362", "\u104b"};
constexpr std::string_view kClosers[] = {"\u00bb", "\u201d", "\u2019", "\u203a", "\u201c", "\u300d", "\u300f", "\uff09", "\u3011", "\u300b", "\u3009"};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_word_byte(char c) { return is_digit(c) || is_lower(c) || is_upper(c) || static_cast<unsigned char>(c) >= 0x80; }

template <std::size_t n>
std::size_t prefix_of(std::string_view text, const std::string_view (&marks)[n]) {
    if (text.empty() || static_cast<unsigned char>(text.front()) < 0x80) return 0;
    for (const auto mark : marks) {
        if (text.starts_with(mark)) return mark.size();
    }
    return 0;
}

char first_after_space(std::string_view text) {
    const auto at = text.find_first_not_of(" \t\r\n");
    return at == text.npos ? '\0' : text[at];
}

// True when the full stop at `dot` belongs to an abbreviation, an initial or a list number.
bool is_inner_dot(std::string_view text, std::size_t dot) {
    constexpr std::size_t kLongest = 12;  // bytes of an abbreviation
    auto begin = dot;
    while (begin > 0 && dot - begin <= kLongest && (is_word_byte(text[begin - 1]) || text[begin - 1] == '.')) --begin;
    std::string word(text.substr(begin, dot - begin));
    if (word.size() > kLongest) return false;
    std::ranges::transform(word, word.begin(), [](char c) { return is_upper(c) ? static_cast<char>(c + 32) : c; });
    const char next = first_after_space(text.substr(dot + 1));
    if (std::ranges::binary_search(kNumbered, std::string_view(word)) && is_digit(next)) return true;
    if (word.size() == 1 && is_lower(word[0])) return text[begin] != 'I';
    const bool is_list_number = !word.empty() && word.size() <= 2 && std::ranges::all_of(word, is_digit) && (begin == 0 || text[begin - 1] == '\n');
    if (is_list_number || std::ranges::binary_search(kTitles, std::string_view(word))) return true;
    if (std::ranges::binary_search(kAbbreviations, std::string_view(word))) return next != '\0' && !is_upper(next);
    const bool is_initials = word.size() >= 3 && word.size() % 2 == 1 && is_lower(word[0]) && [&] {
        for (std::size_t i = 1; i < word.size(); i += 2) {
            if (word[i] != '.' || !is_lower(word[i + 1])) return false;
        }
        return true;
    }();
    return is_initials && next != '\0';
}

bool is_ascii_mark(char c) { return c == '.' || c == '!' || c == '?'; }

/// A mark, the marks behind it and the closing quotes after them.
struct MarkRun {
    std::size_t length = 0;  // 0: no mark
    bool is_end = false;     // of a sentence
};

MarkRun marks_at(std::string_view text, std::size_t at) {
    const auto rest = text.substr(at);
    const auto wide = prefix_of(rest, kWideMarks);
    const auto spaced = wide ? 0 : prefix_of(rest, kSpacedMarks);
    if (!wide && !spaced && !is_ascii_mark(rest.front())) return {};
    std::size_t length = wide ? wide : spaced ? spaced : 1;
    std::size_t closers = 0;
    while (length < rest.size()) {
        if (std::string_view(".!?\"')]}").contains(rest[length])) {
            closers += !is_ascii_mark(rest[length]);
            ++length;
        } else if (const auto more = std::max(prefix_of(rest.substr(length), kWideMarks), prefix_of(rest.substr(length), kClosers))) {
            length += more;
            ++closers;
        } else {
            break;
        }
    }
    if (wide) return {length, true};
    if (length < rest.size() && !is_space(rest[length])) return {length, false};
    if (rest.front() == '.' && length == 1) return {length, !is_inner_dot(text, at)};
    const bool goes_on = is_lower(first_after_space(rest.substr(length)));  // "Really?" he said; and so ... it went
    const bool is_ellipsis = spaced || rest.starts_with("...");
    return {length, !goes_on || (closers == 0 && !is_ellipsis)};
}

bool is_paragraph_break(std::string_view text, std::size_t newline) {
    const auto next = text.find_first_not_of(" \t\r", newline + 1);
    if (next == text.npos || text[next] == '\n') return true;
    if (std::string_view("-*#|>\xe2").contains(text[next])) return true;  // a list item or a heading follows
    const auto line_begin = newline == 0 ? text.npos : text.rfind('\n', newline - 1);
    const auto begin = line_begin == text.npos ? 0 : line_begin;
    const auto line = trim(text.substr(begin, newline - begin));
    return line.size() < 60 || std::string_view("#-*|").contains(line.front());  // too short to be wrapped prose
}

}  // namespace

std::vector<std::size_t> sentence_ends(std::string_view text) {
    std::vector<std::size_t> out;
    std::size_t visible = 0;  // behind the last character that is no white space
    std::size_t judged = 0;   // behind the last run that ended nothing: none of its marks does, and each would walk the run again
    for (std::size_t at = 0; at < text.size(); ++at) {
        const auto byte = static_cast<unsigned char>(text[at]);
        if (byte < 0x80 ? at >= judged && is_ascii_mark(text[at]) : byte >= 0xC0) {  // a wide mark inside a run may end a sentence all the same
            const auto run = marks_at(text, at);
            if (run.is_end) {
                out.push_back(at + run.length);
                at += run.length - 1;
            } else {
                judged = std::max(judged, at + run.length);
            }
        } else if (text[at] == '\n' && visible > (out.empty() ? 0 : out.back()) && is_paragraph_break(text, at)) {
            out.push_back(at);
        }
        if (!is_space(text[at])) visible = at + 1;
    }
    return out;
}

std::vector<std::string_view> split_sentences(std::string_view text) {
    std::vector<std::string_view> out;
    std::size_t begin = 0;
    const auto cut = [&](std::size_t end) {
        if (const auto sentence = trim(text.substr(begin, end - begin)); !sentence.empty()) out.push_back(sentence);
        begin = end;
    };
    for (const auto end : sentence_ends(text)) cut(end);
    cut(text.size());
    return out;
}

}  // namespace agentic
