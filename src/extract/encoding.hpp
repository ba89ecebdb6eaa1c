#pragma once
#include <string>
#include <string_view>

namespace agentic::extract {

/// The text in UTF-8 without byte-order mark; what cannot be decoded becomes U+FFFD. The encoding is, in this order: the byte-order mark's; UTF-8 when the
/// bytes are valid UTF-8 (no other encoding produces that by chance); UTF-16 when its zero bytes show it; `declared` (a charset label as in MIME or HTML) when known; what
/// the statistics of the bytes say; windows-1252.
std::string to_utf8(std::string_view bytes, std::string_view declared = {});

}  // namespace agentic::extract
