#pragma once
#include <cstdint>

namespace agentic::embeddings {

/// What the normaliser of BERT's tokenizer does with one code point.
struct CodePoint {
    enum class Action : std::uint8_t { keep, remove, remove_mark, space, replace, expand, hangul };

    char32_t value = 0;            // replace: what it becomes; expand: index into the table of expansions
    Action action = Action::keep;
    std::uint8_t combining = 0;    // canonical combining class
    bool is_punctuation = false;   // a word of its own
    bool is_ideograph = false;     // surrounded by spaces: a word of its own, too
};

/// Looks a code point up; the first call builds a table of half a megabyte. Thread-safe.
const CodePoint& code_point(char32_t c);

}  // namespace agentic::embeddings
