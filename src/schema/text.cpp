// The predicates behind the patterns of rules.hpp, written by hand: linear in the text, whatever it is.
#include "schema/text.hpp"

#include <algorithm>

#include "schema/rules.hpp"

namespace agentic::schema {
namespace {

constexpr bool is_lower_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
constexpr bool is_blank_or_control(unsigned char c) { return c <= 0x20 || c == 0x7f; }
constexpr bool is_host_character(char c) {
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' || static_cast<unsigned char>(c) >= 0x80;
}

// Labels of 1..63 characters that neither start nor end with a hyphen.
bool is_host(std::string_view host) {
    while (true) {
        const auto dot = host.find('.');
        const auto label = host.substr(0, dot);
        if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
        if (!std::ranges::all_of(label, is_host_character)) return false;
        if (dot == host.npos) return true;
        host.remove_prefix(dot + 1);
    }
}

}  // namespace

std::size_t code_points(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

bool is_slug(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

bool is_email(std::string_view text) {
    const auto at = text.find('@');
    if (text.size() > 254 || at == text.npos || text.find('@', at + 1) != text.npos) return false;
    const auto local = text.substr(0, at);
    if (local.empty() || local.size() > 64 || local.front() == '.' || local.back() == '.' || local.contains("..")) return false;
    constexpr std::string_view kForbidden = "()<>[]:;,\\\"";
    if (std::ranges::any_of(local, [&](char c) { return is_blank_or_control(static_cast<unsigned char>(c)) || kForbidden.contains(c); })) return false;
    return is_host(text.substr(at + 1));
}

bool is_http_url(std::string_view text) {
    std::string_view rest = text;
    if (rest.starts_with("https://")) rest.remove_prefix(8);
    else if (rest.starts_with("http://")) rest.remove_prefix(7);
    else return false;
    if (text.size() > 2048 || rest.empty() || std::string_view("/?#:").contains(rest.front())) return false;
    return std::ranges::none_of(rest, [](char c) { return is_blank_or_control(static_cast<unsigned char>(c)) || c == '\\' || c == '"' || c == '<' || c == '>'; });
}

}  // namespace agentic::schema
