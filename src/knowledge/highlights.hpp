#pragma once
#include <cstddef>
#include <string_view>
#include <vector>

namespace agentic::knowledge {

/// Bytes [begin, end) of a text: whole words, at code-point boundaries.
struct Highlight {
    std::size_t begin = 0;
    std::size_t end = 0;

    bool operator==(const Highlight&) const = default;
};

/// Where the words of `query` stand in `text`, in order: compared without case, Latin diacritics and English endings.
std::vector<Highlight> highlights(std::string_view text, std::string_view query);

}  // namespace agentic::knowledge
