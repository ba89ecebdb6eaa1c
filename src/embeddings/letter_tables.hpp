#pragma once
// Letters, numbers and white space as the pattern of cl100k_base knows them; letter_tables.cpp is generated (tests/embeddings/letter_tables.py).
#include <span>

#include "embeddings/unicode_tables.hpp"

namespace agentic::embeddings::tables {

extern const std::span<const Range> kLetters;     // \p{L}
extern const std::span<const Range> kNumbers;     // \p{N}
extern const std::span<const Range> kWhiteSpace;  // \s

}  // namespace agentic::embeddings::tables
