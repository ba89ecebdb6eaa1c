#include "extract/pdf/paragraphs.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <string_view>

#include "extract/pdf/line_shape.hpp"
#include "extract/utf8.hpp"

namespace agentic::extract::pdf {
namespace {

constexpr float kParagraphGap = 1.22F;   // times the usual distance of two lines
constexpr float kIndent = 0.8F;          // in font sizes
constexpr float kDefaultPitch = 1.25F;   // in font sizes, where a column has too few lines to tell
constexpr float kPitchMax = 3;           // in font sizes: more is not one text's line distance

float pitch_of(std::span<const Line> column) {
    std::vector<float> steps;
    for (std::size_t i = 1; i < column.size(); ++i) {
        const float step = column[i].ink.v - column[i - 1].ink.v;
        if (step > 0 && step < kPitchMax * column[i].ink.size && std::abs(column[i].ink.size - column[i - 1].ink.size) < 0.05F * column[i].ink.size) steps.push_back(step);
    }
    if (steps.size() < 3) return 0;
    std::ranges::nth_element(steps, steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2));
    return steps[steps.size() / 2];
}

/// The lines of one column, and the paragraphs they make.
class Column {
public:
    Column(std::span<const Line> lines, std::uint32_t page, std::vector<Paragraph>& out) : lines_(lines), pitch_(pitch_of(lines)), page_(page), out_(out) {}

    /// `flows` says that the text of the column before may go on in this one.
    void read(bool flows) {
        for (std::size_t i = 0; i < lines_.size(); ++i) {
            const auto& line = lines_[i];
            const auto item = list_mark(line.ink.text);
            const bool goes_on = i == 0 ? flows && !item && continues_column(line) : !starts_paragraph(i, item);
            if (goes_on) {
                append(line, i > 0 && is_broken_off(i));
            } else {
                start(line, item && (i == 0 || !is_wrapped(i)));
            }
        }
    }

private:
    float pitch(const Segment& ink) const { return pitch_ > 0 ? pitch_ : kDefaultPitch * ink.size; }
    float indent(std::size_t i) const { return lines_[i].ink.u0 - lines_[i].left; }

    bool same_edge(std::size_t a, std::size_t b) const { return std::abs(lines_[a].ink.u0 - lines_[b].ink.u0) < 0.5F * lines_[a].ink.size; }

    /// The room that line i - 1 left would have held the first word of line i: its end was wanted.
    bool is_broken_off(std::size_t i) const {
        const auto& before = lines_[i - 1];
        const auto& next = lines_[i].ink;
        const float word = first_word_share(next.text) * (next.u1 - next.u0);
        const float room = before.right - before.ink.u1;
        return room > word + before.ink.size && room > 0.35F * (before.right - before.left) && !is_centred(i - 1);
    }

    bool is_centred(std::size_t i) const {
        const auto& line = lines_[i];
        const float left = line.ink.u0 - line.left;
        const float right = line.right - line.ink.u1;
        return left > 2 * line.ink.size && std::abs(left - right) < 2 * line.ink.size;
    }

    /// A line that merely begins like an item ("12. May"), because the text before it ran into it.
    bool is_wrapped(std::size_t i) const { return same_edge(i, i - 1) && !ends_sentence(lines_[i - 1].ink.text) && !is_broken_off(i) && !list_mark(lines_[i - 1].ink.text); }

    bool starts_paragraph(std::size_t i, bool item) const {
        const auto& line = lines_[i].ink;
        const auto& before = lines_[i - 1].ink;
        const float large = std::max(line.size, before.size);
        if (std::abs(line.size - before.size) > 0.12F * large) return true;
        if (line.v - before.v > kParagraphGap * pitch(line) || line.v < before.v) return true;
        if (item && !is_wrapped(i)) return true;
        if (line.bold != before.bold && (before.bold ? out_.back().lines == 1 : ends_sentence(before.text))) return true;
        const float step = line.u0 - before.u0;
        if (line.right_to_left || is_centred(i)) return ends_sentence(before.text) && is_broken_off(i);
        if (step > kIndent * line.size && !hangs(i)) return true;
        if (step < -kIndent * line.size && out_.back().lines > 1 && i > 1 && same_edge(i - 1, i - 2)) return true;
        const float room = lines_[i - 1].right - before.u1;
        return ends_sentence(before.text) && room > 0.25F * (lines_[i - 1].right - lines_[i - 1].left);
    }

    /// Line i is indented because its paragraph hangs from its first line, as bibliographies and lists do.
    bool hangs(std::size_t i) const {
        if (out_.back().lines > 1) return false;
        if (out_.back().list_item) return true;
        return i + 1 < lines_.size() && same_edge(i, i + 1) && !ends_sentence(lines_[i - 1].ink.text);
    }

    bool continues_column(const Line& line) const {
        const auto& last = out_.back();
        return std::abs(last.size - line.ink.size) < 0.05F * line.ink.size && last.bold == line.ink.bold && !ends_sentence(last.text) && begins_lower(line.ink.text);
    }

    void start(const Line& line, bool item) {
        out_.push_back({.text = line.ink.text, .page = page_, .size = line.ink.size, .bold = line.ink.bold, .list_item = item, .lines = 1});
    }

    void append(const Line& line, bool keep_line_end) {
        auto& paragraph = out_.back();
        ++paragraph.lines;
        paragraph.bold = paragraph.bold && line.ink.bold;
        if (keep_line_end) {
            paragraph.text.push_back('\n');
        } else if (ends_in_hyphen(paragraph.text) && begins_lower(line.ink.text)) {
            remove_hyphen(paragraph.text);
            paragraph.text.push_back(kMaybeHyphen);
        } else if (!joins_without_space(paragraph.text, line.ink.text)) {
            paragraph.text.push_back(' ');
        }
        paragraph.text += line.ink.text;
    }

    std::span<const Line> lines_;
    float pitch_;
    std::uint32_t page_;
    std::vector<Paragraph>& out_;
};

/// The same text may run from one column into the next when both are as wide.
bool is_next_column(const Line& before, const Line& next) {
    const float width = next.right - next.left;
    return std::abs(before.right - before.left - width) < 0.1F * width && before.right - before.ink.u1 < 0.15F * width;
}

}  // namespace

void group_lines(const std::vector<Line>& lines, std::uint32_t page, std::vector<Paragraph>& out) {
    for (std::size_t begin = 0; begin < lines.size();) {
        auto end = begin + 1;
        while (end < lines.size() && lines[end].column == lines[begin].column) ++end;
        Column(std::span(lines).subspan(begin, end - begin), page, out).read(begin > 0 && is_next_column(lines[begin - 1], lines[begin]));
        begin = end;
    }
}

}  // namespace agentic::extract::pdf
