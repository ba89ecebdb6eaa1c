#include "http/parameters.hpp"

#include <algorithm>

#include "http/grammar.hpp"
#include "http/message.hpp"

namespace agentic::http {
namespace {

bool take_quoted(std::string_view& text, std::string& out) {
    text.remove_prefix(1);
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '"') {
            text.remove_prefix(i + 1);
            return true;
        }
        if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\')) ++i;
        out += text[i];
    }
    return false;
}

bool take_value(std::string_view& text, std::string& out) {
    if (text.starts_with('"')) return take_quoted(text, out);
    const auto end = std::min(text.find_first_of("; \t"), text.size());
    out = text.substr(0, end);
    text.remove_prefix(end);
    return is_token(out);
}

}  // namespace

const std::string* ParameterizedValue::find(std::string_view name) const {
    for (const auto& [parameter, content] : parameters)
        if (equal_ignoring_case(parameter, name)) return &content;
    return nullptr;
}

bool ParameterizedValue::is_unambiguous() const {
    for (const auto& [name, content] : parameters)
        if (find(name) != &content) return false;
    return true;
}

std::optional<ParameterizedValue> parse_parameters(std::string_view text) {
    ParameterizedValue out;
    const auto semicolon = std::min(text.find(';'), text.size());
    out.value = trim_ows(text.substr(0, semicolon));
    text.remove_prefix(semicolon);
    if (out.value.empty()) return std::nullopt;
    while (!(text = trim_ows(text)).empty()) {
        if (text.front() != ';') return std::nullopt;
        text = trim_ows(text.substr(1));
        if (text.empty()) break;   // a trailing semicolon is common and harmless
        const auto equals = text.find('=');
        if (equals == std::string_view::npos || !is_token(text.substr(0, equals))) return std::nullopt;
        auto& [name, value] = out.parameters.emplace_back(text.substr(0, equals), std::string());
        text.remove_prefix(equals + 1);
        if (!take_value(text, value)) return std::nullopt;
    }
    return out;
}

}  // namespace agentic::http
