#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json_text.hpp"

namespace agentic {

/// RFC 4648 section 5, without padding.
std::string base64url_encode(std::string_view bytes);
/// Strict: no padding, no other alphabet, no non-zero trailing bits.
std::optional<std::string> base64url_decode(std::string_view text);
/// RFC 4648 section 4, with padding.
std::string base64_encode(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view text);
/// Lower case.
std::string hex_encode(std::string_view bytes);

/// True for well-formed UTF-8 (no overlong forms, no surrogates, nothing above U+10FFFF).
bool is_valid_utf8(std::string_view text);

/// Percent-decodes `text`; nullopt on a malformed escape. `plus_is_space` is the form encoding of query strings.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);
/// Percent-encodes everything but RFC 3986 unreserved characters.
std::string percent_encode(std::string_view text);

/// Appends `text` as a JSON string literal, quotes included. `text` must be UTF-8.
void append_json_string(std::string& out, std::string_view text);
/// A JSON array of string literals.
JsonText strings_to_json(const std::vector<std::string>& strings);

}  // namespace agentic
