#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "knowledge/chunker.hpp"
#include "knowledge/document.hpp"

namespace agentic::knowledge {

/// Which section and page each byte of a document belongs to. Keeps a few bytes for each heading; the document outlives it.
class Outline {
public:
    explicit Outline(const ExtractedDocument& document);

    /// "Guide > Install": of the section that holds most of [begin, end), the earlier of equals. Titles are cut at 120 bytes, paths keep their last 8 titles.
    std::string section(std::size_t begin, std::size_t end) const;
    /// The page at `begin` and every change up to `end`.
    std::vector<PageStart> pages(std::size_t begin, std::size_t end) const;

private:
    struct Section {
        std::size_t begin = 0, title_end = 0;   // of the heading's text
        std::uint32_t parent = 0;               // the section it is part of; 0 for none
    };
    std::string path_of(const Section& section) const;

    std::string_view text_;
    std::vector<Section> sections_;   // the first, at 0, is what stands before all headings
    std::vector<PageStart> pages_;
};

}  // namespace agentic::knowledge
