#pragma once
// What engine.hpp tells the rest of the engine about a C++ type: plain tables. All reading, checking, writing and describing is ordinary code over
// them, so a wire struct costs a table and not a parser.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schema/codec.hpp"
#include "schema/rules.hpp"

namespace agentic::schema::detail {

enum class Kind : std::uint8_t { boolean, int32, int64, number, string, uuid, timestamp, json, enumeration, object, array, optional };

/// How to handle a value of one C++ type through a pointer to it. Only the entries of its kind are set.
struct ValueType {
    Kind kind;
    // enumeration
    std::span<const std::string_view> names{};
    void (*set_enum)(void* value, std::size_t index) = nullptr;
    std::size_t (*enum_index)(const void* value) = nullptr;
    // object: the struct's own codec, which may be instantiated in another file
    const Type& (*object)() = nullptr;
    // array and optional
    const ValueType* element = nullptr;
    std::size_t (*size)(const void* container) = nullptr;                    // of an optional: 0 or 1
    const void* (*at)(const void* container, std::size_t index) = nullptr;
    void* (*emplace)(void* container) = nullptr;                             // a fresh element, at the end
    void (*clear)(void* container) = nullptr;
};

struct FieldInfo {
    std::string_view name;
    std::string key;               // `"name":`
    std::size_t offset;
    const ValueType* type;
    FieldRules rules;

    bool required() const { return type->kind != Kind::optional && !rules.defaulted; }
    const void* in(const void* object) const { return static_cast<const std::byte*>(object) + offset; }
    void* in(void* object) const { return static_cast<std::byte*>(object) + offset; }
};

/// Bounds the bitset of fields seen.
inline constexpr std::size_t kMaxFields = 128;

struct StructInfo {
    explicit StructInfo(void (*fill)(StructInfo&)) { fill(*this); }

    std::string_view doc;
    bool ignore_unknown = false;
    const void* defaults = nullptr;                            // a default-constructed object, for the schema's `default`
    void (*check)(const void* object, Violations& violations) = nullptr;
    std::vector<FieldInfo> fields;
    mutable std::atomic<std::uint32_t> last_size{0};            // of to_json; a hint, so any thread's will do
};

/// Fill `out`, which is default-constructed, or say why not.
Result<void> parse_json(const Type& type, std::string_view json, void* out);
Result<void> parse_query(const Type& type, const QueryPairs& query, void* out);

void write_object(const StructInfo& info, const void* object, std::string& out);
void write_value(const ValueType& type, const void* value, std::string& out);

/// The type of a value, behind any optionals.
const ValueType& bare(const ValueType& type);

}  // namespace agentic::schema::detail
