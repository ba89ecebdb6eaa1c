#pragma once
// What BERT's reference tokenizer does to code points from U+0080 on; unicode_tables.cpp is generated (tests/embeddings/unicode_tables.py).
#include <cstdint>
#include <span>

namespace agentic::embeddings::tables {

struct Range {
    char32_t first, last;  // both included
};
struct ValueRange {
    char32_t first, last;
    std::int32_t value;
};
struct Expansion {
    char32_t from;
    char32_t to[4];  // 0 ends it early
};

extern const std::span<const Range> kRemoved;       // controls, formats, private use
extern const std::span<const Range> kSpaces;
extern const std::span<const Range> kMarks;         // removed with the accents (Mn)
extern const std::span<const Range> kPunctuation;
extern const std::span<const ValueRange> kCombining;  // canonical combining class, when not 0
extern const std::span<const ValueRange> kFolded;     // decomposed, without marks, in lower case: code point + value
extern const std::span<const Expansion> kExpanded;    // the same, where it gives several. Hangul syllables are computed

}  // namespace agentic::embeddings::tables
