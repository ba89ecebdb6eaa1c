#include "extract/pdf/columns.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace agentic::extract::pdf {
namespace {

constexpr std::size_t kColumnLinesMin = 4;
constexpr float kColumnWidthMin = 9;      // in font sizes
constexpr float kGutterMin = 0.7F;        // in font sizes
constexpr float kFullLine = 0.6F;         // of the column's width ...
constexpr float kFullLinesMin = 0.5F;     // ... for this share of its lines
constexpr int kDepthMax = 8;
constexpr std::size_t kColumnSegmentsMax = 5000;   // no page that is set in columns has more

using Segments = std::vector<Segment>;

struct Extent {
    float u0 = std::numeric_limits<float>::max();
    float u1 = std::numeric_limits<float>::lowest();
    float top = std::numeric_limits<float>::max();
    float bottom = std::numeric_limits<float>::lowest();

    void add(const Segment& s) {
        u0 = std::min(u0, s.u0);
        u1 = std::max(u1, s.u1);
        top = std::min(top, s.top());
        bottom = std::max(bottom, s.bottom());
    }
};

Extent extent_of(const Segments& segments) {
    Extent out;
    for (const auto& s : segments) out.add(s);
    return out;
}

float typical_size(const Segments& segments) {
    std::vector<float> sizes;
    for (const auto& s : segments) sizes.push_back(s.size);
    std::ranges::nth_element(sizes, sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2));
    return sizes[sizes.size() / 2];
}

/// The extents of the lines that the segments make, wide gaps between words or not.
std::vector<Extent> rows_of(Segments side, float size) {
    std::ranges::stable_sort(side, {}, &Segment::v);
    std::vector<Extent> rows;
    float v = 0;
    for (const auto& s : side) {
        if (rows.empty() || s.v - v > 0.4F * size) {
            rows.emplace_back();
            v = s.v;
        }
        rows.back().add(s);
    }
    return rows;
}

/// Where a stretch of white runs through the whole height, as between the columns of a table: the left edge of what is right of the widest; nullopt
/// when there is none.
std::optional<float> widest_gutter(Segments side, float size) {
    std::ranges::sort(side, {}, &Segment::u0);
    float reached = side.front().u1;
    float widest = kGutterMin * size;
    std::optional<float> out;
    for (const auto& s : side) {
        if (s.u0 - reached > widest) {
            widest = s.u0 - reached;
            out = s.u0;
        }
        reached = std::max(reached, s.u1);
    }
    return out;
}

/// Most lines fill the width, and no white parts them from top to bottom; or it does, and what it parts is running text on either side.
bool looks_like_running_text(const Segments& side, float size, int depth = 0) {
    if (side.size() < kColumnLinesMin) return false;
    const auto box = extent_of(side);
    const float width = box.u1 - box.u0;
    if (width < kColumnWidthMin * size) return false;
    if (const auto gutter = widest_gutter(side, size)) {
        Segments left, right;
        for (const auto& s : side) (s.u0 < *gutter ? left : right).push_back(s);
        if (depth == kDepthMax) return false;
        if (left.size() < kColumnLinesMin) return looks_like_running_text(right, size, depth + 1);   // a page number beside the column
        if (right.size() < kColumnLinesMin) return looks_like_running_text(left, size, depth + 1);
        return looks_like_running_text(left, size, depth + 1) && looks_like_running_text(right, size, depth + 1);
    }
    const auto rows = rows_of(side, size);
    const auto full = std::ranges::count_if(rows, [&](const Extent& row) { return row.u1 - row.u0 >= kFullLine * width; });
    return rows.size() >= kColumnLinesMin && static_cast<float>(full) >= kFullLinesMin * static_cast<float>(rows.size());
}

/// Lines stand as dense on both sides: labels beside their descriptions do not.
bool are_as_dense(const Segments& left, const Segments& right, float top, float bottom, float size) {
    const auto count = [&](const Segments& side) {
        const auto rows = rows_of(side, size);
        return static_cast<float>(std::ranges::count_if(rows, [&](const Extent& row) { return row.top >= top && row.bottom <= bottom; }));
    };
    const float one = count(left);
    const float other = count(right);
    return std::min(one, other) >= 0.5F * std::max(one, other);
}

/// Two columns with a gutter between them and what lies across it.
struct Split {
    Segments left, right, across;
};

std::optional<Split> split_at(const Segments& segments, float edge, float size) {
    Split out;
    const float gutter = kGutterMin * size;
    for (const auto& s : segments) {
        (s.u0 >= edge - 0.3F * size ? out.right : s.u1 <= edge - gutter ? out.left : out.across).push_back(s);
    }
    if (out.left.size() < kColumnLinesMin || out.right.size() < kColumnLinesMin) return std::nullopt;
    const auto left = extent_of(out.left);
    const auto right = extent_of(out.right);
    const float shared = std::min(left.bottom, right.bottom) - std::max(left.top, right.top);
    if (shared < 0.5F * std::min(left.bottom - left.top, right.bottom - right.top)) return std::nullopt;
    if (!looks_like_running_text(out.left, size) || !looks_like_running_text(out.right, size)) return std::nullopt;
    if (!are_as_dense(out.left, out.right, std::max(left.top, right.top), std::min(left.bottom, right.bottom), size)) return std::nullopt;
    return out;
}

/// The left edges that many segments share, most shared first: where a column may begin.
std::vector<float> shared_edges(const Segments& segments, float size) {
    std::vector<float> edges;
    for (const auto& s : segments) edges.push_back(s.u0);
    std::ranges::sort(edges);
    struct Edge {
        float at;
        std::size_t count;
    };
    std::vector<Edge> found;
    for (std::size_t i = 0; i < edges.size();) {
        std::size_t end = i + 1;
        while (end < edges.size() && edges[end] - edges[i] < 0.5F * size) ++end;
        if (i > 0 && end - i >= kColumnLinesMin) found.push_back({edges[i], end - i});
        i = end;
    }
    std::ranges::stable_sort(found, std::greater(), &Edge::count);
    if (found.size() > 8) found.resize(8);
    std::vector<float> out;
    for (const auto& edge : found) out.push_back(edge.at);
    return out;
}

std::optional<Split> find_columns(const Segments& segments) {
    if (segments.size() < 2 * kColumnLinesMin || segments.size() > kColumnSegmentsMax) return std::nullopt;
    const float size = typical_size(segments);
    std::optional<Split> best;
    for (const float edge : shared_edges(segments, size)) {
        auto split = split_at(segments, edge, size);
        if (split && (!best || split->across.size() < best->across.size())) best = std::move(split);
    }
    return best;
}

class Reader {
public:
    void read(Segments segments, int depth) {
        if (segments.empty()) return;
        auto split = depth < kDepthMax ? find_columns(segments) : std::nullopt;
        if (!split) {
            rows(std::move(segments));
            return;
        }
        std::ranges::stable_sort(split->across, {}, &Segment::v);
        std::size_t next = 0;
        while (next < split->across.size()) {   // what lies across parts the columns into bands, one above the other
            const auto first = next;
            const float at = split->across[first].v;
            band(*split, at, depth);
            Segments across{std::move(split->across[first])};
            for (++next; next < split->across.size() && !between(*split, at, split->across[next].v); ++next) across.push_back(std::move(split->across[next]));
            read_across(std::move(across), depth);
        }
        band(*split, std::numeric_limits<float>::max(), depth);
    }

    std::vector<Line> take() { return std::move(lines_); }

private:
    static bool between(const Split& split, float from, float to) {
        const auto inside = [&](const Segment& s) { return s.v > from && s.v < to; };
        return std::ranges::any_of(split.left, inside) || std::ranges::any_of(split.right, inside);
    }

    void read_across(Segments segments, int depth) { read(std::move(segments), depth + 1); }

    /// Reads what of both columns lies above `limit`.
    void band(Split& split, float limit, int depth) {
        for (auto* side : {&split.left, &split.right}) {
            const auto [first, last] = std::ranges::partition(*side, [&](const Segment& s) { return s.v >= limit; });
            Segments above(std::make_move_iterator(first), std::make_move_iterator(last));
            side->erase(first, last);
            read(std::move(above), depth + 1);
        }
    }

    /// Segments that share a baseline, from left to right, become one line; lines go from top to bottom.
    void rows(Segments segments) {
        const auto box = extent_of(segments);
        std::ranges::stable_sort(segments, {}, &Segment::v);
        for (std::size_t begin = 0; begin < segments.size();) {
            auto end = begin + 1;
            float v = segments[begin].v;
            float size = segments[begin].size;
            while (end < segments.size() && segments[end].v - v < 0.4F * std::max(size, segments[end].size) && !covers(segments, begin, end)) {
                if (segments[end].size > size) {
                    size = segments[end].size;
                    v = segments[end].v;
                }
                ++end;
            }
            std::sort(segments.begin() + static_cast<std::ptrdiff_t>(begin), segments.begin() + static_cast<std::ptrdiff_t>(end), [](const auto& a, const auto& b) { return a.u0 < b.u0; });
            lines_.push_back({.ink = join(segments, begin, end), .left = box.u0, .right = box.u1, .column = column_});
            begin = end;
        }
        ++column_;
    }

    /// Whether segment `end` lies over one of [begin, end): then it is a line of its own.
    static bool covers(const Segments& segments, std::size_t begin, std::size_t end) {
        const auto& other = segments[end];
        return std::any_of(segments.begin() + static_cast<std::ptrdiff_t>(begin), segments.begin() + static_cast<std::ptrdiff_t>(end), [&](const Segment& s) {
            return std::min(s.u1, other.u1) - std::max(s.u0, other.u0) > 0.5F * std::min(s.u1 - s.u0, other.u1 - other.u0);
        });
    }

    static Segment join(Segments& segments, std::size_t begin, std::size_t end) {
        const auto from = segments.begin() + static_cast<std::ptrdiff_t>(begin);
        const auto to = segments.begin() + static_cast<std::ptrdiff_t>(end);
        if (2 * std::count_if(from, to, [](const Segment& s) { return s.right_to_left; }) > std::distance(from, to)) std::reverse(from, to);
        auto out = std::move(segments[begin]);
        std::size_t longest = out.text.size();
        for (auto i = begin + 1; i < end; ++i) {
            auto& next = segments[i];
            const float gap = std::max(next.u0 - out.u1, out.u0 - next.u1);
            if (gap > kWordGap * std::max(out.size, next.size)) out.text.push_back(' ');
            out.text += next.text;
            out.u0 = std::min(out.u0, next.u0);
            out.u1 = std::max(out.u1, next.u1);
            out.bold = out.bold && next.bold;
            if (next.text.size() > longest) {
                longest = next.text.size();
                out.size = next.size;
                out.v = next.v;
            }
        }
        return out;
    }

    std::vector<Line> lines_;
    int column_ = 0;
};

}  // namespace

std::vector<Line> lines_in_reading_order(std::vector<Segment> segments) {
    Reader reader;
    reader.read(std::move(segments), 0);
    return reader.take();
}

}  // namespace agentic::extract::pdf
