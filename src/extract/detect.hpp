#pragma once
#include <cstdint>
#include <string_view>

namespace agentic::extract {

enum class Format : std::uint8_t { unsupported, encrypted, pdf, zip, html, markdown, csv, text };

/// What the bytes are. `file_name` and `declared_type` (a MIME type) decide only between formats that are all plain text.
Format detect_format(std::string_view bytes, std::string_view file_name, std::string_view declared_type);

/// The MIME type of a format that is not `zip` (its package says what that is).
std::string_view media_type_of(Format format);

}  // namespace agentic::extract
