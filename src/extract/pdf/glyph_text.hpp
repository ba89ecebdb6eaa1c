#pragma once
#include <cstdint>
#include <string>

namespace agentic::extract::pdf {

/// Appends what a reader reads in a glyph: ligatures and presentation forms as their letters, white space as one space, control characters as nothing.
/// `unicode` may be null when the font says nothing about the glyph.
void append_glyph_text(std::string& out, const std::uint32_t* unicode, int length);

/// A PDF text string (PDFDocEncoding, UTF-16 or UTF-8 by its mark) in UTF-8.
std::string text_string(const std::string& bytes);

}  // namespace agentic::extract::pdf
