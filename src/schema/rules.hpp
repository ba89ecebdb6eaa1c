#pragma once
// The words in which a wire struct's rules are written, in schemas/<resource>.cpp, which includes schema/engine.hpp:
//
//     template <> struct agentic::schema::Rules<AgentCreate> {
//         static constexpr std::string_view doc = "A new agent.";
//         static constexpr auto fields = std::tuple{
//             field("name", length(1, 255), describe("Shown to people."), example(R"("Research assistant")")),
//             field("slug", length(1, 100), slug, describe("Unique in the tenant.")),
//             field("temperature", defaulted, range(0, 2)),
//             field("tags", defaulted, items(0, 50), each(length(1, 64))),
//         };
//         static void check(const AgentCreate& value, Violations& violations);   // optional: rules across fields, called when each field is fine
//     };
//     template struct agentic::schema::Codec<AgentCreate>;
//
// The members may be bool, int32, int64, double, std::string, Uuid, Timestamp, JsonText, an enum (schema/enum.hpp), another wire struct, and
// std::optional or std::vector of these. Names come from the struct itself (Boost.PFR), so a rule for a missing member does not compile, nor does a
// rule that does not fit the member's type. A field without rules needs no row; a struct without any needs `Rules<T> {}`. A field is required unless it
// is a std::optional (absent or null: nullopt) or `defaulted` (absent: the member initialiser). std::optional<std::optional<T>> tells absent from
// null (PATCH). A rule of an optional is the rule of its value. Other constants of Rules: `name` (of the OpenAPI component, instead of the struct's),
// `ignore_unknown = true` (routes that speak another vendor's dialect).
#include <cstdint>
#include <limits>
#include <string_view>

namespace agentic::schema {

template <class T>
struct Rules;  // specialised per wire struct

struct Defaulted {};
struct NotNull {};
struct OmitEmpty {};
struct Describe { std::string_view text; };
struct Example { std::string_view json; };
struct Length { std::int64_t min, max; };            // of strings, in Unicode code points
struct Range { double min, max; };                   // of numbers, inclusive
struct Items { std::int64_t min, max; };             // of arrays, and members of free-form objects
/// A predicate on strings. `says` completes "must …"; `regex` and `format` are what JSON Schema readers are told, and may be empty.
struct Pattern { std::string_view regex, says; bool (*matches)(std::string_view); std::string_view format = {}; };
struct ObjectOnly {};                                // of JsonText: any object
struct Bytes { std::int64_t max; };                  // of JsonText, as it is stored: compact, in UTF-8. JSON Schema has no word for it
struct Holds { std::string_view members; };          // of JsonText in answers, from rows we wrote: the members of its JSON Schema. OpenAPI only
struct WriteOnly {};                                 // secrets: OpenAPI only

/// What a value must be, whoever holds it.
struct Constraints {
    Length length{0, std::numeric_limits<std::int64_t>::max()};
    Range range{-std::numeric_limits<double>::infinity(), std::numeric_limits<double>::infinity()};
    Items items{0, std::numeric_limits<std::int64_t>::max()};
    Pattern pattern{};
    bool has_length = false, has_range = false, has_items = false, object_only = false;
    Bytes bytes{std::numeric_limits<std::int64_t>::max()};
    std::string_view holds = {};
};

/// Everything the rules say of one field, folded at compile time.
struct FieldRules {
    Constraints own;
    Constraints each;      // of an array's elements
    bool has_each = false, defaulted = false, not_null = false, omit_empty = false, write_only = false;
    std::string_view description;
    std::string_view example;   // JSON
};

struct Field {
    std::string_view name;
    FieldRules rules;
};

inline constexpr Defaulted defaulted{};
inline constexpr NotNull not_null{};                 // an optional that may be absent but not null
inline constexpr OmitEmpty omit_empty{};             // an empty optional is left out of answers instead of being null
inline constexpr ObjectOnly object_only{};
inline constexpr WriteOnly write_only{};

consteval Describe describe(std::string_view text) { return {text}; }
consteval Example example(std::string_view json) { return {json}; }
consteval Length length(std::int64_t min, std::int64_t max) { return {min, max}; }
consteval Range range(double min, double max) { return {min, max}; }
consteval Range at_least(double min) { return {min, std::numeric_limits<double>::infinity()}; }
consteval Holds holds(std::string_view members) { return {members}; }
consteval Items items(std::int64_t min, std::int64_t max) { return {min, max}; }
consteval Bytes at_most_bytes(std::int64_t max) { return {max}; }

namespace detail {

consteval void apply(Constraints& to, Length rule) { to.length = rule, to.has_length = true; }
consteval void apply(Constraints& to, Range rule) { to.range = rule, to.has_range = true; }
consteval void apply(Constraints& to, Items rule) { to.items = rule, to.has_items = true; }
consteval void apply(Constraints& to, Pattern rule) { to.pattern = rule; }
consteval void apply(Constraints& to, ObjectOnly) { to.object_only = true; }
consteval void apply(Constraints& to, Bytes rule) { to.bytes = rule; }
consteval void apply(Constraints& to, Holds rule) { to.holds = rule.members; }

template <class R>
consteval void apply(FieldRules& to, R rule) { apply(to.own, rule); }
consteval void apply(FieldRules& to, Constraints each) { to.each = each, to.has_each = true; }
consteval void apply(FieldRules& to, Defaulted) { to.defaulted = true; }
consteval void apply(FieldRules& to, NotNull) { to.not_null = true; }
consteval void apply(FieldRules& to, OmitEmpty) { to.omit_empty = true; }
consteval void apply(FieldRules& to, WriteOnly) { to.write_only = true; }
consteval void apply(FieldRules& to, Describe rule) { to.description = rule.text; }
consteval void apply(FieldRules& to, Example rule) { to.example = rule.json; }

}  // namespace detail

/// Rules for the elements of an array.
template <class... R>
consteval Constraints each(R... rules) {
    Constraints folded;
    (detail::apply(folded, rules), ...);
    return folded;
}

template <class... R>
consteval Field field(std::string_view name, R... rules) {
    Field folded{.name = name, .rules = {}};
    (detail::apply(folded.rules, rules), ...);
    return folded;
}

bool is_slug(std::string_view text);   // [a-z0-9-]+
bool is_email(std::string_view text);  // one @, sane parts, at most 254 bytes
bool is_http_url(std::string_view text);
inline constexpr Pattern slug{"^[a-z0-9-]+$", "contain only lower-case letters, digits and hyphens", is_slug};
inline constexpr Pattern email{"", "be an e-mail address", is_email, "email"};
inline constexpr Pattern http_url{"^https?://", "be an http or https URL", is_http_url, "uri"};

}  // namespace agentic::schema
