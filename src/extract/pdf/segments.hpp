#pragma once
#include <string>
#include <vector>

#include "extract/pdf/page_glyphs.hpp"

namespace agentic::extract::pdf {

/// Text on one baseline without a gap as wide as a column's gutter. Frame and units as in Glyph.
struct Segment {
    float u0 = 0;
    float u1 = 0;
    float v = 0;
    float size = 0;     // of most of its characters
    bool bold = false;  // all of it
    bool right_to_left = false;
    std::string text;

    float top() const { return v - 0.8F * size; }
    float bottom() const { return v + 0.2F * size; }
};

/// A gap of this many times the font's size parts two words (justified text shrinks a space to about 0.2).
inline constexpr float kWordGap = 0.15F;

/// Joins glyphs that follow each other, in the order they were drawn, into segments; spaces come from space characters and from gaps, right-to-left
/// text is put into reading order, and text that is printed over itself (a poor man's bold) is taken once.
std::vector<Segment> join_glyphs(const PageGlyphs& page, const std::vector<Glyph>& glyphs);

}  // namespace agentic::extract::pdf
