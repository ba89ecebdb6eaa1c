#include "schema/scalars.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/clock.hpp"
#include "core/uuid.hpp"
#include "schema/text.hpp"

namespace agentic::schema::detail {
namespace {

constexpr auto kUnbounded = std::numeric_limits<std::int64_t>::max();

std::string plural(std::int64_t n, std::string_view unit) { return std::to_string(n) + ' ' + std::string(unit) + (n == 1 ? "" : "s"); }

// A bound of a Range as people write it: 2, not 2.0.
std::string bound(double value) {
    std::string text;
    append_number(text, value);
    if (text.ends_with(".0")) text.resize(text.size() - 2);
    return text;
}

std::string range_issue(const Range& range) {
    if (std::isinf(range.max)) return "must be at least " + bound(range.min);
    if (std::isinf(range.min)) return "must be at most " + bound(range.max);
    return "must be between " + bound(range.min) + " and " + bound(range.max);
}

std::string count_issue(std::int64_t min, std::int64_t max, std::string_view unit, std::string_view tail) {
    const std::string end(tail);
    if (max == kUnbounded) return "at least " + plural(min, unit) + end;
    if (min == max) return "exactly " + plural(min, unit) + end;
    if (min == 0) return "at most " + plural(max, unit) + end;
    return std::to_string(min) + " to " + plural(max, unit) + end;
}

void check_string(std::string_view text, const Constraints& rules, const Path& where, Issues& issues) {
    if (rules.has_length) {
        const auto [min, max] = rules.length;
        const auto length = static_cast<std::int64_t>(code_points(text));
        if (length == 0 && min > 0) return issues.add(where, "must not be empty");
        if (length < min || length > max) issues.add(where, "must be " + count_issue(min, max, "character", " long"));
    }
    if (rules.pattern.matches && !rules.pattern.matches(text)) issues.add(where, "must " + std::string(rules.pattern.says));
}

std::string choice_issue(const ValueType& type) {
    std::string issue = "must be one of: ";
    for (const auto name : type.names) issue.append(name).append(", ");
    issue.resize(issue.size() - 2);
    return issue;
}

std::pair<std::int64_t, std::int64_t> limits(const ValueType& type) {
    if (type.kind == Kind::int32) return {std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max()};
    return {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
}

}  // namespace

std::string type_issue(const ValueType& type) {
    switch (type.kind) {
        case Kind::boolean: return "must be true or false";
        case Kind::int32:
        case Kind::int64: return "must be an integer";
        case Kind::number: return "must be a number";
        case Kind::string: return "must be a string";
        case Kind::uuid: return "must be a UUID";
        case Kind::timestamp: return "must be a date and time such as 2026-01-31T12:00:00Z";
        case Kind::json: return "must be an object";
        case Kind::enumeration: return choice_issue(type);
        case Kind::object: return "must be an object";
        case Kind::array: return "must be an array";
        case Kind::optional: return type_issue(*type.element);
    }
    return "is not valid";
}

void store_text(std::string_view text, const ValueType& type, const Constraints& rules, void* out, const Path& where, Issues& issues) {
    if (type.kind == Kind::string) {
        if (text.contains('\0')) return issues.add(where, "must not contain NUL characters");
        check_string(text, rules, where, issues);
        static_cast<std::string*>(out)->assign(text);
        return;
    }
    bool stored = false;
    if (type.kind == Kind::uuid) {
        const auto id = Uuid::parse(text);
        if ((stored = id.has_value())) *static_cast<Uuid*>(out) = *id;
    } else if (type.kind == Kind::timestamp) {
        const auto time = Timestamp::parse(text);
        if ((stored = time.has_value())) *static_cast<Timestamp*>(out) = *time;
    } else if (type.kind == Kind::enumeration) {
        const auto found = std::ranges::find(type.names, text);
        if ((stored = found != type.names.end())) type.set_enum(out, static_cast<std::size_t>(found - type.names.begin()));
    }
    if (!stored) issues.add(where, type_issue(type));
}

void store_integer(std::int64_t value, const ValueType& type, const Constraints& rules, void* out, const Path& where, Issues& issues) {
    const auto [lowest, highest] = limits(type);
    if (value < lowest || value > highest) return refuse_integer(type, rules, where, issues);
    const auto number = static_cast<double>(value);
    if (rules.has_range && (number < rules.range.min || number > rules.range.max)) return issues.add(where, range_issue(rules.range));
    if (type.kind == Kind::int32) *static_cast<std::int32_t*>(out) = static_cast<std::int32_t>(value);
    else *static_cast<std::int64_t*>(out) = value;
}

void refuse_integer(const ValueType& type, const Constraints& rules, const Path& where, Issues& issues) {
    const auto [lowest, highest] = limits(type);
    if (rules.has_range) issues.add(where, range_issue(rules.range));
    else issues.add(where, "must be an integer between " + std::to_string(lowest) + " and " + std::to_string(highest));
}

void store_number(double value, const Constraints& rules, void* out, const Path& where, Issues& issues) {
    if (rules.has_range && !(value >= rules.range.min && value <= rules.range.max)) return issues.add(where, range_issue(rules.range));
    *static_cast<double*>(out) = value;
}

void check_items(std::size_t count, const Constraints& rules, std::string_view unit, const Path& where, Issues& issues) {
    if (!rules.has_items) return;
    const auto [min, max] = rules.items;
    const auto n = static_cast<std::int64_t>(count);
    if (n < min || n > max) issues.add(where, "must have " + count_issue(min, max, unit, ""));
}

void append_number(std::string& out, double value) {
    if (!std::isfinite(value)) {
        out += "null";
        return;
    }
    char text[32];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    const std::string_view written(text, static_cast<std::size_t>(end - text));
    out += written;
    if (written.find_first_of(".e") == written.npos) out += ".0";
}

void append_integer(std::string& out, std::int64_t value) {
    char text[24];
    out.append(text, std::to_chars(text, text + sizeof text, value).ptr);
}

}  // namespace agentic::schema::detail
