#include "extract/pdf/hyphens.hpp"

#include <string_view>
#include <unordered_map>

namespace agentic::extract::pdf {
namespace {

bool is_word_byte(char c) { return (static_cast<unsigned char>(c) & 0x80) != 0 || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '-' || c == kMaybeHyphen; }

/// Calls `visit` with each word that has a hyphen or may have one.
template <class Visit>
void for_each_compound(std::string_view text, Visit visit) {
    std::size_t mark = text.find_first_of("-\x1F");
    while (mark != std::string_view::npos) {
        auto begin = mark;
        while (begin > 0 && is_word_byte(text[begin - 1])) --begin;
        auto end = mark + 1;
        while (end < text.size() && is_word_byte(text[end])) ++end;
        visit(begin, text.substr(begin, end - begin));
        mark = text.find_first_of("-\x1F", end);
    }
}

std::string with_hyphens(std::string_view word) {
    std::string out(word);
    for (char& c : out) {
        if (c == kMaybeHyphen) c = '-';
    }
    return out;
}

}  // namespace

void resolve_hyphens(std::vector<Paragraph>& paragraphs) {
    std::unordered_map<std::string, bool> compounds;   // every word that some line breaks -> seen with its hyphen inside a line
    for (const auto& paragraph : paragraphs) {
        for_each_compound(paragraph.text, [&](std::size_t, std::string_view word) {
            if (word.contains(kMaybeHyphen)) compounds.try_emplace(with_hyphens(word), false);
        });
    }
    if (compounds.empty()) return;
    for (const auto& paragraph : paragraphs) {
        for_each_compound(paragraph.text, [&](std::size_t, std::string_view word) {
            if (word.contains(kMaybeHyphen)) return;
            if (const auto found = compounds.find(std::string(word)); found != compounds.end()) found->second = true;
        });
    }
    for (auto& paragraph : paragraphs) {
        if (!paragraph.text.contains(kMaybeHyphen)) continue;
        std::string out;
        std::size_t copied = 0;
        for_each_compound(paragraph.text, [&](std::size_t begin, std::string_view word) {
            const bool keeps = word.contains(kMaybeHyphen) && compounds[with_hyphens(word)];
            out.append(paragraph.text, copied, begin - copied);
            for (const char c : word) {
                if (c != kMaybeHyphen) out.push_back(c);
                else if (keeps) out.push_back('-');
            }
            copied = begin + word.size();
        });
        out.append(paragraph.text, copied);
        paragraph.text = std::move(out);
    }
}

}  // namespace agentic::extract::pdf
