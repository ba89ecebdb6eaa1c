#pragma once
// Storing and checking single values: the same code and the same wording whether they come from a JSON body or from a query string.
#include <cstdint>
#include <string>
#include <string_view>

#include "schema/issues.hpp"
#include "schema/model.hpp"

namespace agentic::schema::detail {

/// "must be an integer" and so on.
std::string type_issue(const ValueType& type);

/// Stores text into a string, Uuid, Timestamp or enum member. `text` must be valid UTF-8.
void store_text(std::string_view text, const ValueType& type, const Constraints& rules, void* out, const Path& where, Issues& issues);
void store_integer(std::int64_t value, const ValueType& type, const Constraints& rules, void* out, const Path& where, Issues& issues);
void store_number(double value, const Constraints& rules, void* out, const Path& where, Issues& issues);
/// A whole number that no int64 holds: out of the range of any integer member.
void refuse_integer(const ValueType& type, const Constraints& rules, const Path& where, Issues& issues);
void check_items(std::size_t count, const Constraints& rules, std::string_view unit, const Path& where, Issues& issues);

/// Appends the shortest text that reads back the same, with `.0` when integral; null when not finite.
void append_number(std::string& out, double value);
void append_integer(std::string& out, std::int64_t value);

}  // namespace agentic::schema::detail
