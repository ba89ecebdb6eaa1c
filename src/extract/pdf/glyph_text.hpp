#pragma once
#include <cstdint>
#include <string>

namespace agentic::extract::pdf {

/// Appends what a reader reads in a glyph: ligatures and presentation forms as their letters, white space as one space, control characters as nothing.
/// `unicode` may be null when the font says nothing about the glyph.
void append_glyph_text(std::string& out, const std::uint32_t* unicode, int length);

}  // namespace agentic::extract::pdf
