#include "extract/pdf/segments.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <span>

namespace agentic::extract::pdf {
namespace {

constexpr float kColumnGap = 1.0F;      // in font sizes; a wider gap without a space character starts a new segment
constexpr float kBaselineShift = 0.5F;  // sub- and superscripts stay in their segment
constexpr std::size_t kOverprintReach = 16;

/// Where the segment that is being put together stands.
struct Pen {
    float u0 = 0;
    float u1 = 0;
    float v = 0;
    float size = 0;

    void start(const Glyph& glyph) { *this = {glyph.u0, glyph.u1, glyph.v, glyph.size}; }
    void extend(const Glyph& glyph) {
        u0 = std::min(u0, glyph.u0);
        u1 = std::max(u1, glyph.u1);
        if (glyph.size > size * 0.9F) {   // the baseline is that of the large letters, not of an index
            v = glyph.v;
            size = std::max(size, glyph.size);
        }
    }
    bool takes(const Glyph& glyph) const {
        const float large = std::max(size, glyph.size);
        if (std::abs(glyph.v - v) > kBaselineShift * large) return false;
        if (std::abs(glyph.v - v) > 0.2F * large && std::abs(glyph.size - size) < 0.05F * large) return false;   // the next line of tight setting
        const float ahead = glyph.u0 - u1;
        if (ahead <= kColumnGap * large && ahead >= -0.7F * large) return true;
        const float behind = u0 - glyph.u1;
        return glyph.right_to_left && behind <= kColumnGap * large && behind >= -0.7F * large;
    }
};

/// Glyphs sorted by place and read from the left, as right-to-left lines stand on paper, to the order they are read in: right-to-left lines run
/// backwards, and stretches of the other direction within a line once more (Unicode Bidirectional Algorithm, rule L2, backwards). True when the line
/// as a whole runs from right to left.
bool to_reading_order(std::vector<Glyph>& glyphs, const PageGlyphs& page) {
    std::ranges::stable_sort(glyphs, {}, &Glyph::u0);
    const auto strong_left = [&](const Glyph& g) {
        if (g.length == 0 || g.right_to_left) return false;
        const auto first = static_cast<unsigned char>(page.of(g).front());
        return first >= 0x80 || (first >= '0' && first <= '9') || ((first | 0x20) >= 'a' && (first | 0x20) <= 'z');
    };
    const auto strong_right = [](const Glyph& g) { return g.right_to_left; };
    const bool backwards = 2 * std::ranges::count_if(glyphs, strong_right) >= std::ranges::count_if(glyphs, strong_left);
    if (backwards) std::ranges::reverse(glyphs);
    const auto inner = [&](const Glyph& g) { return backwards ? strong_left(g) : strong_right(g); };
    const auto outer = [&](const Glyph& g) { return backwards ? strong_right(g) : strong_left(g); };
    for (auto at = glyphs.begin(); at != glyphs.end();) {
        at = std::find_if(at, glyphs.end(), inner);
        if (at == glyphs.end()) break;
        auto last = at;
        auto end = at;
        for (; end != glyphs.end() && !outer(*end); ++end) {
            if (inner(*end)) last = end;
        }
        std::reverse(at, std::next(last));
        at = end;
    }
    return backwards;
}

class SegmentWriter {
public:
    explicit SegmentWriter(const PageGlyphs& page) : page_(page) {}

    Segment write(std::span<const Glyph> glyphs) {
        const bool mixed = std::ranges::any_of(glyphs, &Glyph::right_to_left);
        if (!mixed) return spell(glyphs);
        sorted_.assign(glyphs.begin(), glyphs.end());
        const bool backwards = to_reading_order(sorted_, page_);
        auto out = spell(sorted_);
        out.right_to_left = backwards;
        return out;
    }

private:
    Segment spell(std::span<const Glyph> glyphs) {
        Segment out{.u0 = glyphs.front().u0, .u1 = glyphs.front().u1, .bold = true};
        const Glyph* before = nullptr;
        bool space = false;
        std::size_t heaviest = 0;
        for (const auto& glyph : glyphs) {
            if (glyph.length == 0) {
                space = true;
                continue;
            }
            if (before != nullptr) {
                const float gap = std::max(glyph.u0 - before->u1, before->u0 - glyph.u1);
                if (space || gap > kWordGap * std::max(glyph.size, before->size)) out.text.push_back(' ');
                out.u0 = std::min(out.u0, glyph.u0);
                out.u1 = std::max(out.u1, glyph.u1);
            } else {
                out.u0 = glyph.u0;
                out.u1 = glyph.u1;
            }
            weigh(glyph, out, heaviest);
            out.bold = out.bold && glyph.bold;
            out.text += page_.of(glyph);
            before = &glyph;
            space = false;
        }
        return out;
    }

    /// The size and baseline of the longest run of one size are the segment's.
    void weigh(const Glyph& glyph, Segment& out, std::size_t& heaviest) {
        run_ = std::abs(glyph.size - run_size_) < 0.05F * glyph.size && heaviest > 0 ? run_ + 1 : 1;
        run_size_ = glyph.size;
        if (run_ > heaviest) {
            heaviest = run_;
            out.size = glyph.size;
            out.v = glyph.v;
        }
    }

    const PageGlyphs& page_;
    std::vector<Glyph> sorted_;
    std::size_t run_ = 0;
    float run_size_ = 0;
};

bool is_overprint(const std::vector<Segment>& before, const Segment& segment) {
    const auto reach = std::min(before.size(), kOverprintReach);
    return std::any_of(before.end() - static_cast<std::ptrdiff_t>(reach), before.end(), [&](const Segment& other) {
        const float close = 0.15F * segment.size;
        return std::abs(other.u0 - segment.u0) < close && std::abs(other.v - segment.v) < close && other.text == segment.text;
    });
}

}  // namespace

std::vector<Segment> join_glyphs(const PageGlyphs& page, const std::vector<Glyph>& glyphs) {
    std::vector<Segment> out;
    SegmentWriter writer(page);
    Pen pen;
    std::size_t begin = 0;
    const auto finish = [&](std::size_t end) {
        if (begin == end) return;
        auto segment = writer.write(std::span(glyphs).subspan(begin, end - begin));
        if (!segment.text.empty() && !is_overprint(out, segment)) out.push_back(std::move(segment));
    };
    for (std::size_t i = 0; i < glyphs.size(); ++i) {
        if (i > begin && pen.takes(glyphs[i])) {
            pen.extend(glyphs[i]);
            continue;
        }
        finish(i);
        begin = i;
        pen.start(glyphs[i]);
    }
    finish(glyphs.size());
    return out;
}

}  // namespace agentic::extract::pdf
