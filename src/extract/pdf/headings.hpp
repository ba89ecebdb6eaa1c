#pragma once
#include <cstdint>
#include <map>
#include <vector>

#include "extract/pdf/paragraphs.hpp"

namespace agentic::extract::pdf {

/// Which paragraphs are headings: short ones in a font larger than the body's, or bold ones of its size. Levels follow the sizes, the largest being 1.
class Headings {
public:
    explicit Headings(const std::vector<Paragraph>& paragraphs);

    /// 1 to 6; 0 for what is no heading.
    std::uint8_t level_of(const Paragraph& paragraph) const;

private:
    int rank(const Paragraph& paragraph) const;

    int body_ = 0;                       // in tenths of a point
    std::map<int, std::uint8_t> levels_; // rank -> level
};

}  // namespace agentic::extract::pdf
