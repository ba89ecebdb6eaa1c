#include <algorithm>
#include <array>

#include "extract/encoding.hpp"
#include "extract/plain_text.hpp"

namespace agentic::extract {
namespace {

/// The separator that the first line has most of, outside quotes.
char separator_of(std::string_view text) {
    static constexpr std::string_view kSeparators = ",;\t|";
    std::array<std::size_t, kSeparators.size()> counts{};
    bool quoted = false;
    for (const char c : text) {
        if (c == '"') quoted = !quoted;
        if (!quoted && c == '\n') break;
        if (const auto i = kSeparators.find(c); !quoted && i != std::string_view::npos) ++counts[i];
    }
    return kSeparators[static_cast<std::size_t>(std::ranges::max_element(counts) - counts.begin())];
}

/// Reads records one by one; a line end inside quotes becomes a space.
class Records {
public:
    Records(std::string_view text, char separator) : text_(text), separator_(separator) {}

    bool done() const { return at_ >= text_.size(); }

    std::string next() {
        std::string row;
        bool filled = false;
        while (true) {
            const auto cell = collapse_white_space(next_cell());
            filled = filled || !cell.empty();
            row += cell;
            if (done() || text_[at_] != separator_) break;
            ++at_;
            row += " | ";
        }
        if (!done()) at_ += text_.substr(at_).starts_with("\r\n") ? 2 : 1;
        return filled ? row : std::string();
    }

private:
    std::string next_cell() {
        std::string cell;
        bool quoted = false;
        for (; at_ < text_.size(); ++at_) {
            const char c = text_[at_];
            if (c == '"') {
                const bool doubled = quoted && at_ + 1 < text_.size() && text_[at_ + 1] == '"';
                if (doubled || (!quoted && !cell.empty())) cell.push_back('"');
                if (doubled) ++at_;
                else if (quoted || cell.empty()) quoted = !quoted;
            } else if (!quoted && (c == separator_ || c == '\n' || c == '\r')) {
                break;
            } else {
                cell.push_back(c);
            }
        }
        return cell;
    }

    std::string_view text_;
    char separator_;
    std::size_t at_ = 0;
};

}  // namespace

void read_csv(std::string_view bytes, DocumentBuilder& out) {
    const auto text = to_utf8(bytes);
    Records records(text, separator_of(text));
    std::string table;
    while (!records.done()) {
        if (const auto row = records.next(); !row.empty()) table += row + "\n";
    }
    out.add(knowledge::BlockKind::table, table);
}

}  // namespace agentic::extract
