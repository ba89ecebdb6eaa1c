#pragma once
#include <cstddef>
#include <string_view>
#include <vector>

namespace agentic {

/// Where sentences end, ascending: offsets behind the closing mark and the quotes after it, at a blank line, and at a line break after a line that is no wrapped
/// prose (headings, list items). A mark ends a sentence before white space (the marks of CJK and Indic scripts anywhere), but not after an initial, a number or an
/// abbreviation, nor inside a quotation that goes on in lower case. The end of the text is not listed unless a sentence ends there.
std::vector<std::size_t> sentence_ends(std::string_view text);

/// The sentences as views into `text`, trimmed, never empty.
std::vector<std::string_view> split_sentences(std::string_view text);

}  // namespace agentic
