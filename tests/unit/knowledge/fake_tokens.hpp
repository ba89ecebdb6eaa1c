#pragma once
#include "core/utf8.hpp"
#include "embeddings/embedder.hpp"
#include "knowledge/unicode.hpp"

namespace agentic::knowledge::test {

using embeddings::TokenSpan;

/// Counts like WordPiece: words in pieces of up to four characters, punctuation and CJK one by one, a word of more than 100 characters as one unknown token.
class WordPieces : public embeddings::TokenCounter {
public:
    std::vector<TokenSpan> tokens(std::string_view text) const override {
        std::vector<TokenSpan> out;
        std::vector<std::size_t> word;  // starts of its characters
        const auto flush = [&](std::size_t end) {
            const std::size_t piece = word.size() > 100 ? word.size() : 4;
            for (std::size_t i = 0; i < word.size(); i += piece) out.push_back({word[i], i + piece < word.size() ? word[i + piece] : end});
            word.clear();
        };
        for (std::size_t at = 0; at < text.size();) {
            const auto begin = at;
            const auto code = next_code_point(text, at);
            if (is_word_character(code) && !is_unspaced_letter(code)) {
                word.push_back(begin);
                continue;
            }
            flush(begin);
            if (!is_white_space(code)) out.push_back({begin, at});
        }
        flush(text.size());
        return out;
    }
    std::size_t count(std::string_view text) const override { return tokens(text).size(); }
};

/// Counts like a byte-level BPE: a space belongs to the word behind it, white space counts, a character above U+FFFF is three tokens, and pieces depend on what stands before.
class BytePairs : public embeddings::TokenCounter {
public:
    std::vector<TokenSpan> tokens(std::string_view text) const override {
        std::vector<TokenSpan> out;
        for (std::size_t at = 0; at < text.size();) {
            auto end = at;
            if (next_code_point(text, end) > 0xFFFF) {
                out.insert(out.end(), 3, {at, end});
                at = end;
                continue;
            }
            const std::size_t length = text[at] == ' ' ? 6 : 3;  // the same word takes fewer tokens behind a space
            for (std::size_t n = 1; n < length && end < text.size() && text[end] != ' ' && text[end] != '\n' && static_cast<unsigned char>(text[end]) < 0xF0; ++n) next_code_point(text, end);
            out.push_back({at, end});
            at = end;
        }
        return out;
    }
    std::size_t count(std::string_view text) const override { return tokens(text).size(); }
};

}  // namespace agentic::knowledge::test
