#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace agentic::http {

using QueryFields = std::vector<std::pair<std::string, std::string>>;

/// Decodes the path of an origin-form target once. Spellings that a proxy in front could read differently are refused rather than
/// normalised: dot segments, `//`, a backslash, escapes of `/ \ %`, of controls or of non-UTF-8, malformed escapes.
bool decode_path(std::string_view raw, std::string& out);

/// Decodes `a=1&b=2` with `+` as space, for query strings and application/x-www-form-urlencoded bodies. False on malformed escapes, NUL,
/// non-UTF-8 and more than 200 fields. Empty fields (`a&&b`) are skipped.
bool decode_query(std::string_view raw, QueryFields& out);

/// The fields of an application/x-www-form-urlencoded body; nullopt when malformed.
std::optional<QueryFields> decode_form(std::string_view body);

/// `host[:port]` of a Host field: a registered name, IPv4 or [IPv6], no user information, no list.
bool is_valid_authority(std::string_view text);

}  // namespace agentic::http
