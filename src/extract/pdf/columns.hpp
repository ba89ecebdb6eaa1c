#pragma once
#include <vector>

#include "extract/pdf/segments.hpp"

namespace agentic::extract::pdf {

/// One line of text of one column. `column` numbers the stretches of a page that are read from top to bottom.
struct Line {
    Segment ink;
    float left = 0;    // of the column
    float right = 0;
    int column = 0;
};

/// The segments of a page as lines in reading order: columns from left to right, each from top to bottom, with what spans columns (titles, figures'
/// captions) where it parts them. Side by side is a column only where both sides look like running text; tables stay in rows.
std::vector<Line> lines_in_reading_order(std::vector<Segment> segments);

}  // namespace agentic::extract::pdf
