#include "app/config/dotenv.hpp"

#include <format>
#include <optional>

namespace agentic::app {
namespace {

constexpr std::string_view kBlank = " \t\r";

void skip_blanks(std::string_view& text) { text.remove_prefix(std::min(text.find_first_not_of(kBlank), text.size())); }

bool is_name_char(char c, bool first) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || (!first && c >= '0' && c <= '9');
}

std::string take_name(std::string_view& text) {
    std::size_t size = 0;
    while (size < text.size() && is_name_char(text[size], size == 0)) ++size;
    const std::string name(text.substr(0, size));
    text.remove_prefix(size);
    return name;
}

/// What may follow a quoted value: blanks and a comment.
bool is_end_of_line(std::string_view rest) {
    const bool blank_before = rest.empty() || kBlank.contains(rest.front());
    skip_blanks(rest);
    return rest.empty() || (blank_before && rest.front() == '#');
}

std::optional<char> unescaped(char c) {
    switch (c) {
        case 'n': return '\n';
        case 't': return '\t';
        case 'r': return '\r';
        case '"': case '\\': case '$': return c;
        default: return std::nullopt;
    }
}

std::optional<std::string> quoted_value(std::string_view text) {
    const char quote = text.front();
    std::string out;
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == quote) return is_end_of_line(text.substr(i + 1)) ? std::optional(std::move(out)) : std::nullopt;
        if (text[i] != '\\' || quote == '\'') {
            out += text[i];
            continue;
        }
        const auto c = ++i < text.size() ? unescaped(text[i]) : std::nullopt;
        if (!c) return std::nullopt;
        out += *c;
    }
    return std::nullopt;  // the closing quote is missing
}

std::string bare_value(std::string_view text) {
    auto end = text.size();
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '#' && kBlank.contains(text[i - 1])) {
            end = i;
            break;
        }
    }
    text = text.substr(0, text.starts_with('#') ? 0 : end);
    const auto last = text.find_last_not_of(kBlank);
    return std::string(text.substr(0, last == std::string_view::npos ? 0 : last + 1));
}

/// "" when the line is fine, else what is wrong with it.
std::string read_line(std::string_view line, Variables& out) {
    skip_blanks(line);
    if (line.empty() || line.front() == '#') return {};
    if (line.starts_with("export ") || line.starts_with("export\t")) {
        line.remove_prefix(7);
        skip_blanks(line);
    }
    auto name = take_name(line);
    skip_blanks(line);
    if (name.empty() || !line.starts_with('=')) return "expected NAME=value";
    line.remove_prefix(1);
    const bool blank_before_comment = !line.empty() && kBlank.contains(line.front());
    skip_blanks(line);
    std::optional<std::string> value;
    if (!line.empty() && (line.front() == '"' || line.front() == '\'')) value = quoted_value(line);
    else if (line.starts_with('#') && !blank_before_comment) value = std::string(line);
    else value = bare_value(line);
    if (!value) return name + ": the quoted value is not closed, has an unknown escape, or is followed by text";
    if (!out.emplace(name, *std::move(value)).second) return name + " is set twice";
    return {};
}

}  // namespace

std::expected<Variables, std::vector<std::string>> parse_dotenv(std::string_view text) {
    Variables out;
    std::vector<std::string> faults;
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    for (int number = 1; !text.empty(); ++number) {
        const auto end = std::min(text.find('\n'), text.size());
        if (const auto fault = read_line(text.substr(0, end), out); !fault.empty()) faults.push_back(std::format("line {}: {}", number, fault));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    if (!faults.empty()) return std::unexpected(std::move(faults));
    return out;
}

}  // namespace agentic::app
