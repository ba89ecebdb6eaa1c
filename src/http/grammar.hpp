#pragma once
#include <array>
#include <string_view>

// The character classes of RFC 9110 and RFC 3986 that every parser of ours shares.
namespace agentic::http {

namespace detail {

constexpr std::array<bool, 256> char_class(std::string_view extra) {
    std::array<bool, 256> table{};
    for (int c = 0; c < 256; ++c) table[static_cast<std::size_t>(c)] = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    for (const char c : extra) table[static_cast<unsigned char>(c)] = true;
    return table;
}

inline constexpr auto kTokenChars = char_class("!#$%&'*+-.^_`|~");

}  // namespace detail

constexpr bool is_token_char(char c) { return detail::kTokenChars[static_cast<unsigned char>(c)]; }

constexpr bool is_token(std::string_view text) {
    for (const char c : text)
        if (!is_token_char(c)) return false;
    return !text.empty();
}

/// HTAB, SP, visible ASCII and obs-text: everything but control characters.
constexpr bool is_field_char(char c) {
    const auto u = static_cast<unsigned char>(c);
    return (u >= 0x20 && u != 0x7f) || u == '\t';
}

constexpr bool is_field_value(std::string_view text) {
    for (const char c : text)
        if (!is_field_char(c)) return false;
    return true;
}

constexpr std::string_view trim_ows(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// Cuts the next element off a comma-separated list; false at the end. Empty elements are skipped.
constexpr bool next_list_element(std::string_view& list, std::string_view& element) {
    while (!list.empty()) {
        const auto comma = list.find(',');
        element = trim_ows(list.substr(0, comma));
        list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
        if (!element.empty()) return true;
    }
    return false;
}

}  // namespace agentic::http
