#include "knowledge/clean_text.hpp"

#include <algorithm>
#include <utility>

#include "core/utf8.hpp"
#include "knowledge/unicode.hpp"

namespace agentic::knowledge {
namespace {

constexpr char32_t kSoftHyphen = 0xAD;

// Which white space of a block is kept.
enum class Lines : std::uint8_t { joined, kept, verbatim };

Lines lines_of(BlockKind kind) {
    switch (kind) {
        case BlockKind::code: return Lines::verbatim;
        case BlockKind::table: return Lines::kept;
        default: return Lines::joined;
    }
}

struct WhiteSpace {
    std::size_t end = 0;
    std::size_t line_breaks = 0;
    bool has_tab = false;
    std::string indentation;  // what stands behind the last line break, tabs and spaces
};

bool is_line_break(char32_t code) { return code == '\n' || code == 0x0B || code == 0x0C || code == 0x85 || code == 0x2028 || code == 0x2029; }

// The run of white space, invisible code points and soft hyphens at `at`.
WhiteSpace white_space_at(std::string_view text, std::size_t at) {
    WhiteSpace run{.end = at};
    while (run.end < text.size()) {
        auto next = run.end;
        const auto code = next_code_point(text, next);
        if (!is_white_space(code) && !is_invisible(code)) break;
        run.end = next;
        if (is_line_break(code)) {
            ++run.line_breaks;
            run.indentation.clear();
        } else if (code == '\t') {
            run.has_tab = true;
            run.indentation += '\t';
        } else if (is_white_space(code) && code != '\r') {
            run.indentation += ' ';
        }
    }
    return run;
}

std::size_t behind_soft_hyphens(std::string_view text, std::size_t at) {
    for (auto next = at; next < text.size() && next_code_point(text, next) == kSoftHyphen;) at = next;
    return at;
}

void append_white_space(std::string& out, const WhiteSpace& run, Lines lines) {
    if (lines == Lines::joined) {
        out += ' ';
    } else if (run.line_breaks == 0) {
        if (lines == Lines::verbatim) out += run.indentation;
        else out += run.has_tab ? '\t' : ' ';
    } else if (lines == Lines::kept) {
        out += '\n';
    } else {
        out.append(std::min<std::size_t>(run.line_breaks, 2), '\n');
        out += run.indentation;
    }
}

void append_cleaned(std::string& out, std::string_view text, Lines lines) {
    const auto begin = out.size();
    for (std::size_t at = 0; at < text.size();) {
        auto next = at;
        const auto code = next_code_point(text, next);
        if (code == kSoftHyphen) {
            next = behind_soft_hyphens(text, next);   // all at once: a look at what follows each of many would take its square
            const auto run = white_space_at(text, next);
            at = run.line_breaks > 0 ? run.end : next;  // a word broken at the end of a line is whole again
        } else if (is_white_space(code) || is_invisible(code)) {
            const auto run = white_space_at(text, at);
            const bool is_visible = run.line_breaks > 0 || !run.indentation.empty();
            if (is_visible && out.size() > begin && run.end < text.size()) append_white_space(out, run, lines);
            at = run.end;
        } else {
            out.append(text, at, next - at);
            at = next;
        }
    }
}

class Cleaner {
public:
    explicit Cleaner(const ExtractedDocument& source) : source_(source) {}

    ExtractedDocument run() {
        out_.page_count = source_.page_count;
        out_.media_type = source_.media_type;
        out_.title = line(source_.title);
        out_.author = line(source_.author);
        out_.language = source_.language;
        out_.text.reserve(source_.text.size());
        std::size_t covered = 0;
        std::uint32_t page = source_.page_count > 0 ? 1 : 0;
        for (const auto& block : source_.blocks) {
            const auto begin = snapped(std::clamp(block.begin, covered, source_.text.size()));
            const auto end = snapped(std::clamp(block.end, begin, source_.text.size()));
            add_loose(covered, begin, page);
            page = block.page;
            add(block, begin, end);
            covered = end;
        }
        add_loose(covered, source_.text.size(), page);
        return std::move(out_);
    }

private:
    static std::string line(std::string_view text) {
        std::string out;
        append_cleaned(out, text, Lines::joined);
        return out;
    }

    std::size_t snapped(std::size_t at) const {
        while (!is_code_point_start(source_.text, at)) ++at;
        return at;
    }

    void add(TextBlock block, std::size_t begin, std::size_t end) {
        const auto before = out_.text.size();
        if (before > 0) out_.text += "\n\n";
        block.begin = out_.text.size();
        append_cleaned(out_.text, std::string_view(source_.text).substr(begin, end - begin), lines_of(block.kind));
        block.end = out_.text.size();
        if (block.end == block.begin) return out_.text.resize(before);
        out_.blocks.push_back(block);
    }

    // Text outside every block: one paragraph between two empty lines.
    void add_loose(std::size_t begin, std::size_t end, std::uint32_t page) {
        while (begin < end) {
            const auto stop = std::min(source_.text.find("\n\n", begin), end);
            add({.page = page}, begin, stop);
            begin = std::min(stop + 2, end);
        }
    }

    const ExtractedDocument& source_;
    ExtractedDocument out_;
};

}  // namespace

ExtractedDocument clean_text(const ExtractedDocument& document) { return Cleaner(document).run(); }

}  // namespace agentic::knowledge
