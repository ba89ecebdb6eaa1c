#include "knowledge/words.hpp"

#include <algorithm>
#include <utility>

#include "core/english.hpp"
#include "core/utf8.hpp"
#include "knowledge/unicode.hpp"

namespace agentic::knowledge {
namespace {

constexpr std::size_t kWordCharacters = 64;
constexpr std::size_t kPhrases = 64;

// A query is looked at up to here: the bound on what one request can cost.
constexpr std::size_t kQueryBytes = 8 << 10;

bool is_apostrophe(char32_t code) { return code == '\'' || code == 0x2019; }

bool is_spaced_letter(char32_t code) { return is_word_character(code) && !is_unspaced_letter(code); }

// True when an apostrophe at `at` stands between two letters.
bool is_inner_apostrophe(std::string_view text, std::size_t behind) {
    if (behind >= text.size()) return false;
    return is_spaced_letter(next_code_point(text, behind));
}

std::string finished(std::string form) {
    if (form.ends_with("'s")) form.resize(form.size() - 2);
    std::erase(form, '\'');
    const bool is_english = std::ranges::all_of(form, [](char c) { return c >= 'a' && c <= 'z'; });
    return is_english ? english_stem(std::move(form)) : form;
}

// The word at `at`, which moves behind it.
Word spaced_word(std::string_view text, std::size_t& at) {
    Word word{.begin = at, .end = at};
    for (std::size_t count = 0; at < text.size() && count < kWordCharacters; ++count) {
        auto next = at;
        const auto code = next_code_point(text, next);
        if (is_spaced_letter(code)) append_folded(word.form, code);
        else if (is_apostrophe(code) && !word.form.empty() && is_inner_apostrophe(text, next)) word.form += '\'';
        else if (!is_invisible(code)) break;
        word.end = at = next;
    }
    word.form = finished(std::move(word.form));
    return word;
}

}  // namespace

std::vector<Word> words_of(std::string_view text) {
    std::vector<Word> out;
    for (std::size_t at = 0; at < text.size();) {
        auto next = at;
        const auto code = next_code_point(text, next);
        if (is_unspaced_letter(code)) {
            out.push_back({.begin = at, .end = next, .is_unspaced = true});
            append_folded(out.back().form, code);
            at = next;
        } else if (is_word_character(code)) {
            if (auto word = spaced_word(text, at); !word.form.empty()) out.push_back(std::move(word));
        } else {
            at = next;
        }
    }
    return out;
}

std::vector<std::vector<std::string>> query_phrases(std::string_view query) {
    auto length = std::min(query.size(), kQueryBytes);
    while (!is_code_point_start(query, length)) --length;
    const auto words = words_of(query.substr(0, length));
    std::vector<std::vector<std::string>> content, stop_words;
    const auto add = [](auto& to, std::vector<std::string> phrase) {
        if (to.size() < kPhrases && !std::ranges::contains(to, phrase)) to.push_back(std::move(phrase));
    };
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto touches = [&](std::size_t next) { return next < words.size() && words[next].is_unspaced && words[next].begin == words[next - 1].end; };
        if (!words[i].is_unspaced) {
            std::string plain;
            for (auto at = words[i].begin; at < words[i].end;) append_folded(plain, next_code_point(query, at));
            add(is_stop_word(plain) || is_stop_word(words[i].form) ? stop_words : content, {words[i].form});
        } else if (touches(i + 1)) {
            add(content, {words[i].form, words[i + 1].form});
        } else if (i == 0 || !(words[i - 1].is_unspaced && touches(i))) {
            add(content, {words[i].form});
        }
    }
    return content.empty() ? stop_words : content;
}

}  // namespace agentic::knowledge
