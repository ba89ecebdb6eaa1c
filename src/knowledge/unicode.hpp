#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace agentic::knowledge {

/// The Unicode property White_Space.
bool is_white_space(char32_t code);

/// Code points that show nothing and join nothing: soft hyphen, zero-width space, word joiner, byte order mark, bidirectional controls, tag characters.
bool is_invisible(char32_t code);

/// Ideographs, kana and other letters of scripts that are written without spaces between words: each counts as a word of its own.
bool is_unspaced_letter(char32_t code);

/// A letter, a digit or a mark of any script; everything above ASCII counts that is neither white space, invisible nor punctuation.
bool is_word_character(char32_t code);

/// Appends the lower-case form without Latin diacritics (Latin, Greek, Cyrillic, Armenian, full-width forms); a combining diacritic appends nothing.
void append_folded(std::string& out, char32_t code);

}  // namespace agentic::knowledge
