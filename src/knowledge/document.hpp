#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace agentic::knowledge {

enum class BlockKind : std::uint8_t { paragraph, heading, list_item, table, code, footnote };

/// One piece of an extracted document, in reading order: bytes [begin, end) of its text. Blocks do not overlap; only white space lies between them.
struct TextBlock {
    BlockKind kind = BlockKind::paragraph;
    std::uint8_t level = 0;    // of a heading: 1 to 6
    std::uint32_t page = 0;    // from 1; 0 where the format has no pages
    std::size_t begin = 0;
    std::size_t end = 0;
};

/// What `agentic-extract` makes of a file: valid UTF-8 with `\n` line ends and without control characters, blocks parted by an empty line.
struct ExtractedDocument {
    std::string text;
    std::vector<TextBlock> blocks;
    std::uint32_t page_count = 0;   // 0 where the format has no pages
    std::string media_type;         // as detected from the bytes
    std::string title;              // empty when the document names none
    std::string author;
    std::string language;           // BCP 47, when the document says so
};

}  // namespace agentic::knowledge
