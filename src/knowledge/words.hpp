#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace agentic::knowledge {

/// One word of a text: how it is compared, and where it stands.
struct Word {
    std::string form;          // folded (append_folded) and without English endings
    std::size_t begin = 0;     // bytes of the text
    std::size_t end = 0;
    bool is_unspaced = false;  // one character of a script that is written without spaces
};

/// The words of a text in order. An apostrophe inside a word belongs to it; all other punctuation parts words. Words are cut at 64 code points.
std::vector<Word> words_of(std::string_view text);

/// The distinct words of a question, each as one or two forms that stand behind each other, at most 64; stop words left out unless there is nothing else.
/// Unspaced characters come as overlapping pairs, since one alone says little.
std::vector<std::vector<std::string>> query_phrases(std::string_view query);

}  // namespace agentic::knowledge
