#pragma once
#include <string>
#include <string_view>

namespace agentic::extract {

inline constexpr char32_t kReplacement = 0xFFFD;

/// Appends `c`; surrogates and values above U+10FFFF become U+FFFD.
void append_utf8(std::string& out, char32_t c);

/// Decodes the code point at `at` and moves `at` behind it. One invalid byte is one U+FFFD. `at` must be inside `text`.
char32_t next_utf8(std::string_view text, std::size_t& at);

/// Ideographs, kana and their punctuation: scripts that break lines without spaces.
bool is_unspaced_script(char32_t c);

/// Strong right-to-left letters (Hebrew, Arabic and their neighbours).
bool is_right_to_left(char32_t c);

}  // namespace agentic::extract
