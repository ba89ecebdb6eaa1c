#pragma once
// The words in which a wire struct's rules are written, in schemas/<resource>.cpp:
//
//     template <> struct agentic::schema::Rules<AgentCreate> {
//         static constexpr std::string_view doc = "A new agent.";
//         static constexpr auto fields = std::tuple{
//             field("name", length(1, 255), describe("Shown to people."), example(R"("Research assistant")")),
//             field("slug", length(1, 100), slug, describe("Unique in the tenant.")),
//             field("temperature", defaulted, range(0, 2)),
//             field("tags", defaulted, items(0, 50), each(length(1, 64))),
//         };
//         static void check(const AgentCreate& value, Violations& violations);   // optional: rules across fields
//     };
//     template struct agentic::schema::Codec<AgentCreate>;
//
// Names come from the struct itself (Boost.PFR), so a rule for a missing member does not compile. A field is required unless it is a std::optional
// (absent or null: nullopt) or `defaulted` (absent: the member initialiser). std::optional<std::optional<T>> tells absent from null (PATCH).
#include <cstdint>
#include <limits>
#include <string_view>
#include <tuple>

namespace agentic::schema {

template <class T>
struct Rules;  // specialised per wire struct

struct Defaulted {};
struct NotNull {};
struct Describe { std::string_view text; };
struct Example { std::string_view json; };
struct Length { std::int64_t min, max; };            // of strings, in Unicode code points
struct Range { double min, max; };                   // of numbers, inclusive
struct Items { std::int64_t min, max; };             // of arrays, and members of free-form objects
struct Pattern { std::string_view regex, says; bool (*matches)(std::string_view); };  // `says` completes "must …"
struct ObjectOnly {};                                // of JsonText: any object
struct WriteOnly {};                                 // secrets: OpenAPI only

inline constexpr Defaulted defaulted{};
inline constexpr NotNull not_null{};                 // an optional that may be absent but not null
inline constexpr ObjectOnly object_only{};
inline constexpr WriteOnly write_only{};

consteval Describe describe(std::string_view text) { return {text}; }
consteval Example example(std::string_view json) { return {json}; }
consteval Length length(std::int64_t min, std::int64_t max) { return {min, max}; }
consteval Range range(double min, double max) { return {min, max}; }
consteval Range at_least(double min) { return {min, std::numeric_limits<double>::infinity()}; }
consteval Items items(std::int64_t min, std::int64_t max) { return {min, max}; }

/// Rules for the elements of an array.
template <class... R>
struct Each { std::tuple<R...> rules; };
template <class... R>
consteval Each<R...> each(R... rules) { return {{rules...}}; }

template <class... R>
struct Field {
    std::string_view name;
    std::tuple<R...> rules;
};
template <class... R>
consteval Field<R...> field(std::string_view name, R... rules) { return {name, {rules...}}; }

bool is_slug(std::string_view text);   // [a-z0-9-]+
bool is_email(std::string_view text);  // one @, sane parts, at most 254 bytes
bool is_http_url(std::string_view text);
inline constexpr Pattern slug{"^[a-z0-9-]+$", "contain only lower-case letters, digits and hyphens", is_slug};
inline constexpr Pattern email{"^[^@\\s]+@[^@\\s]+$", "be an e-mail address", is_email};
inline constexpr Pattern http_url{"^https?://", "be an http or https URL", is_http_url};

}  // namespace agentic::schema
