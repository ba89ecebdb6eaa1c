#pragma once
// The engine's face: a wire struct has one Codec, instantiated once in schemas/<resource>.cpp; everyone else links to it and sees neither reflection nor JSON.
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.hpp"

namespace agentic::schema {

struct Type;

namespace detail {

struct StructInfo;

// Answers of one type tend to be of one size: reserving that of the last one saves growing step by step.
void reserve_like_last(const Type& type, std::string& out);
void remember_size(const Type& type, std::size_t size);

}  // namespace detail

/// One parameter of a query type, as OpenAPI lists it.
struct QueryParameter {
    std::string name;
    std::string description;
    bool required = false;
    std::string json_schema;
};

/// A wire type as the router and OpenAPI see it.
struct Type {
    /// Requests: what may be left out is not `required`. Answers: every field is always there.
    enum class Direction : bool { input, output };

    std::string_view name;              // the OpenAPI component's name
    const detail::StructInfo* info;     // the engine's own

    /// Appends its JSON Schema (2020-12), nested described types as `#/components/schemas/Name`.
    void describe(std::string& json_schema, Direction direction = Direction::input) const;
    /// The described types it refers to directly, in field order, each once.
    std::vector<const Type*> nested() const;
    std::vector<QueryParameter> query_parameters() const;
};

/// Query parameters, decoded, in order.
using QueryPairs = std::vector<std::pair<std::string, std::string>>;

template <class T>
struct Codec {
    /// Strict: unknown, duplicate, missing and mistyped fields and broken rules are all reported at once (`validation_error`, at most 100); what is
    /// not JSON at all is `bad_request` with the position. Nesting deeper than 64, NaN, numbers out of range, bad UTF-8 and NUL characters are refused.
    static Result<T> parse(std::string_view json);
    /// The same rules over query parameters: scalars from text, arrays from repeated names.
    static Result<T> parse_query(const QueryPairs& query);
    /// Appends compact JSON. Fields in declaration order; empty optionals as null (an absent optional<optional>, or `omit_empty`, is left out).
    /// Doubles are the shortest text that reads back the same, with `.0` when integral; NaN and infinities become null.
    static void write(const T& value, std::string& out);
    static const Type& type();
};

template <class T>
std::string to_json(const T& value) {
    std::string out;
    detail::reserve_like_last(Codec<T>::type(), out);
    Codec<T>::write(value, out);
    detail::remember_size(Codec<T>::type(), out.size());
    return out;
}

}  // namespace agentic::schema
