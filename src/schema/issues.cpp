#include "schema/issues.hpp"

#include <algorithm>
#include <utility>

#include "core/encoding.hpp"
#include "core/utf8.hpp"

namespace agentic::schema::detail {
namespace {

std::string spell(const Path& path) {
    std::string text = path.parent ? spell(*path.parent) : std::string();
    if (path.name.data() == nullptr) {
        if (path.parent != nullptr) text += '[' + std::to_string(path.index) + ']';
        return text;
    }
    if (!text.empty()) text += '.';
    return text += safe_name(path.name);
}

}  // namespace

std::string safe_name(std::string_view name) {
    constexpr std::size_t kMaxBytes = 64;
    std::string text(cut_at_code_point(name, kMaxBytes));
    const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
    std::ranges::replace_if(text, is_control, '?');
    if (!is_valid_utf8(text)) std::ranges::replace_if(text, [](unsigned char c) { return c >= 0x80; }, '?');
    return text;
}

void Issues::add(const Path& where, std::string issue) {
    if (full()) return;
    auto field = spell(where);
    if (where.parent == nullptr && where.name.data() == nullptr) field = "body";
    violations_.push_back({std::move(field), std::move(issue)});
}

void Issues::add_all(const Path& where, Violations violations) {
    const auto prefix = spell(where);
    for (auto& [field, issue] : violations) {
        if (full()) return;
        if (!prefix.empty()) field = field.empty() ? prefix : prefix + '.' + field;
        violations_.push_back({std::move(field), std::move(issue)});
    }
}

}  // namespace agentic::schema::detail
