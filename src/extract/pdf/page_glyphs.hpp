#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace agentic::extract::pdf {

/// One glyph in the frame of its own writing direction: u runs along the line, v down the page from line to line (points, 1/72 inch).
struct Glyph {
    float u0 = 0;
    float u1 = 0;
    float v = 0;       // of the baseline
    float size = 0;    // of the font, in points
    std::uint32_t text = 0;   // offset into PageGlyphs::text
    std::uint16_t length = 0; // bytes; 0 for a space
    bool bold = false;
    bool right_to_left = false;
};

/// Glyphs of one page by writing direction: 0 is upright, 1 to 3 are turned by 90, 180 and 270 degrees clockwise. In the order they were drawn.
struct PageGlyphs {
    std::string text;
    std::vector<Glyph> glyphs[4];
    std::string slanted;   // text at other angles (watermarks), as drawn

    std::string_view of(const Glyph& glyph) const { return std::string_view(text).substr(glyph.text, glyph.length); }
    void clear();
};

}  // namespace agentic::extract::pdf
