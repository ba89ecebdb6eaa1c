#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "knowledge/chunker.hpp"
#include "knowledge/document.hpp"

namespace agentic::knowledge {

/// Which section and page each byte of a document belongs to.
class Outline {
public:
    explicit Outline(const ExtractedDocument& document);

    /// "Guide > Install": of the section that holds most of [begin, end), the earlier of equals. Titles are cut at 120 bytes, paths keep their last 8 titles.
    std::string section(std::size_t begin, std::size_t end) const;
    /// The page at `begin` and every change up to `end`.
    std::vector<PageStart> pages(std::size_t begin, std::size_t end) const;

private:
    struct Section {
        std::size_t begin = 0;
        std::string path;
    };
    std::vector<Section> sections_;   // the first at 0
    std::vector<PageStart> pages_;
};

}  // namespace agentic::knowledge
