#include <md4c-html.h>

#include <string>

#include "extract/encoding.hpp"
#include "extract/failed.hpp"
#include "extract/html.hpp"

namespace agentic::extract {
namespace {

constexpr std::size_t kFrontMatterMax = 16 << 10;
constexpr unsigned kDialect = MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_TASKLISTS;

struct Rendered {
    std::string html;
    bool overflowed = false;
};

void append(const MD_CHAR* text, MD_SIZE size, void* to) {
    auto& out = *static_cast<Rendered*>(to);
    if (out.html.size() + size > 2 * kTextBytesMax) out.overflowed = true;
    else out.html.append(text, size);
}

/// The value of a line "key: value" of the front matter, without quotes.
std::string_view field(std::string_view matter, std::string_view key) {
    for (std::size_t at = 0; at < matter.size();) {
        const auto end = std::min(matter.find('\n', at), matter.size());
        auto line = matter.substr(at, end - at);
        at = end + 1;
        if (!line.starts_with(key) || !line.substr(key.size()).starts_with(':')) continue;
        line.remove_prefix(key.size() + 1);
        const auto begin = line.find_first_not_of(" \t\"'");
        const auto last = line.find_last_not_of(" \t\r\"'");
        return begin == std::string_view::npos ? std::string_view() : line.substr(begin, last - begin + 1);
    }
    return {};
}

/// Takes a YAML front matter ("---" ... "---") off the text.
std::string_view take_front_matter(std::string_view& text) {
    if (!text.starts_with("---\n") && !text.starts_with("---\r\n")) return {};
    const auto end = text.substr(0, kFrontMatterMax).find("\n---", 3);
    if (end == std::string_view::npos) return {};
    const auto matter = text.substr(4, end - std::min<std::size_t>(end, 4));
    text.remove_prefix(std::min(text.find('\n', end + 1), text.size()));
    return matter;
}

}  // namespace

void read_markdown(std::string_view bytes, DocumentBuilder& out) {
    const auto decoded = to_utf8(bytes);
    std::string_view text = decoded;
    if (const auto matter = take_front_matter(text); !matter.empty()) {
        out.set_title(field(matter, "title"));
        out.set_author(field(matter, "author"));
        out.set_language(field(matter, "lang"));
        out.add(knowledge::BlockKind::code, matter);
    }
    Rendered page;
    const auto status = md_html(text.data(), static_cast<MD_SIZE>(text.size()), append, &page, kDialect, 0);
    if (page.overflowed) fail_with(knowledge::ExtractionFailure::too_large);
    if (status != 0) fail_with(knowledge::ExtractionFailure::malformed);
    read_html(page.html, out);
}

}  // namespace agentic::extract
