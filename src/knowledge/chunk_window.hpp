#pragma once
#include <cstddef>
#include <string_view>
#include <vector>

#include "embeddings/embedder.hpp"

namespace agentic::knowledge {

/// The text from one byte on, as far as one chunk can reach, in tokens. Offsets are bytes of the whole text.
/// Each window is tokenized from its own begin, so that counts are those of the chunk as the model will see it, and memory does not grow with the document.
class ChunkWindow {
public:
    ChunkWindow(std::string_view text, const embeddings::TokenCounter& tokens, std::size_t begin, std::size_t tokens_max);

    std::size_t begin() const { return begin_; }
    /// No chunk from begin() may end behind it; always behind begin().
    std::size_t limit() const { return limit_; }
    /// Where the first `count` tokens end.
    std::size_t after(std::size_t count) const;
    /// The earliest token start from which there are at most `count` tokens up to `end`; `end` when there is none.
    std::size_t back_from(std::size_t end, std::size_t count) const;
    /// Ends of sentences in (floor, limit()], ascending.
    std::vector<std::size_t> sentence_ends(std::size_t floor) const;
    /// The last place in (floor, limit()] where a word ends; limit() when there is none.
    std::size_t last_word_end(std::size_t floor) const;

private:
    std::string_view text_;
    std::size_t begin_;
    std::size_t limit_;
    std::vector<embeddings::TokenSpan> spans_;  // relative to begin_
};

/// Where the first tokens of `spans` end that number at most `tokens_max` without cutting a character; 0 when even the first character has more.
std::size_t end_of_tokens(const std::vector<embeddings::TokenSpan>& spans, std::size_t tokens_max);

/// True when no word goes on from before `at` to behind it.
bool is_word_boundary(std::string_view text, std::size_t at);

bool is_blank(char c);

}  // namespace agentic::knowledge
