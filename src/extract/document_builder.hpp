#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "knowledge/document.hpp"
#include "knowledge/extract_wire.hpp"

namespace agentic::extract {

/// 100 MiB of text: larger documents fail as too_large.
using knowledge::wire::kTextBytesMax;

/// The text with everything out that has no place in it: control, bidirectional-override, tag and soft-hyphen characters go, no-break spaces and tabs
/// become spaces, every line end becomes `\n`, lines lose trailing spaces, the whole loses its outer white space; invalid bytes become U+FFFD; NFC.
std::string clean_text(std::string_view text);

/// `text` with every run of white space as one space, as HTML and XML mean it.
std::string collapse_white_space(std::string_view text);

/// Puts a document together block by block, in reading order.
class DocumentBuilder {
public:
    /// Adds a block, cleaned; text that is empty then is skipped. Throws Failed{too_large} past the limits.
    void add(knowledge::BlockKind kind, std::string_view text, std::uint8_t level = 0, std::uint32_t page = 0);

    /// Titles and authors are cleaned, put on one line and cut at 1,000 bytes; the first that is not empty stays.
    void set_title(std::string_view title);
    void set_author(std::string_view author);
    /// Kept when it looks like a BCP 47 tag.
    void set_language(std::string_view language);
    void set_page_count(std::uint32_t pages) { document_.page_count = pages; }

    bool empty() const { return document_.blocks.empty(); }
    knowledge::ExtractedDocument take() { return std::move(document_); }

private:
    knowledge::ExtractedDocument document_;
};

}  // namespace agentic::extract
