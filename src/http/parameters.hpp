#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace agentic::http {

/// A field value of the form `value; name=token; name="quoted"`: media types and content dispositions.
struct ParameterizedValue {
    std::string_view value;
    std::vector<std::pair<std::string_view, std::string>> parameters;   // names as sent, values unquoted

    /// The parameter of that name, without case; nullptr when missing.
    const std::string* find(std::string_view name) const;
    /// False when two parameters have the same name.
    bool is_unambiguous() const;
};

/// Nullopt when malformed. In quoted strings a backslash escapes only `"` and itself: browsers send file names with plain backslashes.
std::optional<ParameterizedValue> parse_parameters(std::string_view text);

}  // namespace agentic::http
