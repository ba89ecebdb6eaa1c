#pragma once
#include <string>
#include <string_view>

namespace agentic {

/// English words that say nothing about a text's subject; `word` in lower case.
bool is_stop_word(std::string_view word);

/// Plurals, -ed and -ing; enough to let "prices" meet "price" and "opened" meet "open". `word` in lower case.
std::string english_stem(std::string word);

}  // namespace agentic
