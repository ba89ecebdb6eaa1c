#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace agentic {

/// True when `at` is the end of `text` or the first byte of a code point of valid UTF-8.
constexpr bool is_code_point_start(std::string_view text, std::size_t at) {
    return at >= text.size() || (static_cast<unsigned char>(text[at]) & 0xC0) != 0x80;
}

/// As much of the beginning of valid UTF-8 as fits into `bytes_max`, in whole code points.
constexpr std::string_view cut_at_code_point(std::string_view text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return text;
    while (bytes_max > 0 && !is_code_point_start(text, bytes_max)) --bytes_max;
    return text.substr(0, bytes_max);
}

struct DecodedCharacter {
    char32_t value = 0;
    std::size_t size = 0;  // in bytes; 0: no well-formed character starts here
};

/// The first character of `text`, which must not be empty. Overlong forms, surrogates and values above U+10FFFF are not well-formed (Unicode, table 3-7).
constexpr DecodedCharacter decode_utf8(std::string_view text) {
    const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byte(0);
    if (lead < 0x80) return {lead, 1};
    const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() < size) return {};
    char32_t value = lead & (0x7F >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xC0) != 0x80) return {};
        value = value << 6 | (byte(i) & 0x3F);
    }
    constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (value < kSmallest[size] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) return {};
    return {value, size};
}

/// The code point at `at`, which moves behind it; U+FFFD and one byte for malformed UTF-8. Needs `at` < text.size().
constexpr char32_t next_code_point(std::string_view text, std::size_t& at) {
    const auto [value, size] = decode_utf8(text.substr(at));
    at += size == 0 ? 1 : size;
    return size == 0 ? U'\uFFFD' : value;
}

constexpr void append_code_point(std::string& out, char32_t code) {
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xC0 | code >> 6);
        out += static_cast<char>(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        out += static_cast<char>(0xE0 | code >> 12);
        out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
        out += static_cast<char>(0x80 | (code & 0x3F));
    } else {
        out += static_cast<char>(0xF0 | code >> 18);
        out += static_cast<char>(0x80 | (code >> 12 & 0x3F));
        out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
        out += static_cast<char>(0x80 | (code & 0x3F));
    }
}

}  // namespace agentic
