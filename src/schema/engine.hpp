#pragma once
// The templates that turn a wire struct and its rules into tables (schema/model.hpp). Included only by schemas/*.cpp and tests; there,
// `template struct agentic::schema::Codec<X>;` makes the codec.
#include <array>
#include <boost/pfr/core.hpp>
#include <boost/pfr/core_name.hpp>
#include <concepts>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "core/clock.hpp"
#include "core/json_text.hpp"
#include "core/uuid.hpp"
#include "schema/codec.hpp"
#include "schema/enum.hpp"
#include "schema/model.hpp"
#include "schema/rules.hpp"

namespace agentic::schema::detail {

template <class T> inline constexpr bool is_optional = false;
template <class T> inline constexpr bool is_optional<std::optional<T>> = true;
template <class T> inline constexpr bool is_vector = false;
template <class T> inline constexpr bool is_vector<std::vector<T>> = true;

template <class F>
consteval ValueType make_value_type();
template <class F>
inline constexpr ValueType value_type = make_value_type<F>();

template <class F>
consteval ValueType make_enum_type() {
    static_assert(enum_names<F>.size() > 0, "an enum counts up from 0, or has a table enum_names");
    return {.kind = Kind::enumeration,
            .names = enum_names<F>,
            .set_enum = [](void* value, std::size_t index) { *static_cast<F*>(value) = static_cast<F>(index); },
            .enum_index = [](const void* value) { return static_cast<std::size_t>(*static_cast<const F*>(value)); }};
}

template <class F>
consteval ValueType make_optional_type() {
    return {.kind = Kind::optional,
            .element = &value_type<typename F::value_type>,
            .size = [](const void* value) -> std::size_t { return static_cast<const F*>(value)->has_value() ? 1 : 0; },
            .at = [](const void* value, std::size_t) -> const void* { return &**static_cast<const F*>(value); },
            .emplace = [](void* value) -> void* { return &static_cast<F*>(value)->emplace(); },
            .clear = [](void* value) { static_cast<F*>(value)->reset(); }};
}

template <class F>
consteval ValueType make_vector_type() {
    static_assert(!std::same_as<typename F::value_type, bool>, "vector<bool> has no elements to point at");
    return {.kind = Kind::array,
            .element = &value_type<typename F::value_type>,
            .size = [](const void* value) { return static_cast<const F*>(value)->size(); },
            .at = [](const void* value, std::size_t i) -> const void* { return &(*static_cast<const F*>(value))[i]; },
            .emplace = [](void* value) -> void* { return &static_cast<F*>(value)->emplace_back(); },
            .clear = [](void* value) { static_cast<F*>(value)->clear(); }};
}

template <class F>
consteval ValueType make_value_type() {
    if constexpr (std::same_as<F, bool>) return {.kind = Kind::boolean};
    else if constexpr (std::same_as<F, std::int32_t>) return {.kind = Kind::int32};
    else if constexpr (std::same_as<F, std::int64_t>) return {.kind = Kind::int64};
    else if constexpr (std::same_as<F, double>) return {.kind = Kind::number};
    else if constexpr (std::same_as<F, std::string>) return {.kind = Kind::string};
    else if constexpr (std::same_as<F, Uuid>) return {.kind = Kind::uuid};
    else if constexpr (std::same_as<F, Timestamp>) return {.kind = Kind::timestamp};
    else if constexpr (std::same_as<F, JsonText>) return {.kind = Kind::json};
    else if constexpr (std::is_enum_v<F>) return make_enum_type<F>();
    else if constexpr (is_optional<F>) return make_optional_type<F>();
    else if constexpr (is_vector<F>) return make_vector_type<F>();
    else {
        static_assert(std::is_aggregate_v<F>, "not a type that wire structs may have (schema/rules.hpp)");
        return {.kind = Kind::object, .object = &Codec<F>::type};
    }
}

consteval Kind bare_kind(const ValueType* type) {
    while (type->kind == Kind::optional) type = type->element;
    return type->kind;
}

consteval bool fits(const Constraints& rules, Kind kind) {
    if ((rules.has_length || !rules.pattern.says.empty()) && kind != Kind::string) return false;
    if (rules.has_range && kind != Kind::int32 && kind != Kind::int64 && kind != Kind::number) return false;
    if (rules.has_items && kind != Kind::array && kind != Kind::json) return false;
    return (!rules.object_only && rules.holds.empty() && rules.bytes.max == Constraints{}.bytes.max) || kind == Kind::json;
}

consteval bool fits(const FieldRules& rules, const ValueType* type) {
    if (!fits(rules.own, bare_kind(type))) return false;
    if ((rules.not_null || rules.omit_empty) && type->kind != Kind::optional) return false;
    if (!rules.has_each) return true;
    while (type->kind == Kind::optional) type = type->element;
    return type->kind == Kind::array && fits(rules.each, bare_kind(type->element));
}

template <class T>
inline constexpr auto names_of = boost::pfr::names_as_array<T>();

template <class T>
consteval auto fold_rules() {
    constexpr const auto& names = names_of<T>;
    std::array<FieldRules, names.size()> rules{};
    if constexpr (requires { Rules<T>::fields; }) {
        const auto types = []<std::size_t... i>(std::index_sequence<i...>) {
            return std::array<const ValueType*, sizeof...(i)>{&value_type<boost::pfr::tuple_element_t<i, T>>...};
        }(std::make_index_sequence<names.size()>());
        const auto place = [&](const Field& field) {
            std::size_t i = 0;
            while (i < names.size() && names[i] != field.name) ++i;
            if (i == names.size()) throw "a rule names a member that the struct does not have";
            if (!fits(field.rules, types[i])) throw "a rule does not fit the type of its member";
            rules[i] = field.rules;
        };
        std::apply([&](const auto&... field) { (place(field), ...); }, Rules<T>::fields);
    }
    return rules;
}

/// The rules of every field of T, in field order.
template <class T>
inline constexpr auto rules_of = fold_rules<T>();

template <class T>
consteval std::string_view type_name() {
    if constexpr (requires { Rules<T>::name; }) return Rules<T>::name;
    const std::string_view all = __PRETTY_FUNCTION__;  // "... [with T = agentic::schemas::Agent; ...]"
    const auto start = all.find("T = ") + 4;
    const auto text = all.substr(start, all.find_first_of(";]", start) - start);
    return text.substr(text.rfind(':') + 1);
}

template <class T>
void fill_struct_info(StructInfo& info) {
    static_assert(names_of<T>.size() <= kMaxFields);
    static const T defaults{};
    info.defaults = &defaults;
    if constexpr (requires { Rules<T>::doc; }) info.doc = Rules<T>::doc;
    if constexpr (requires { Rules<T>::ignore_unknown; }) info.ignore_unknown = Rules<T>::ignore_unknown;
    if constexpr (requires { &Rules<T>::check; })
        info.check = [](const void* object, Violations& violations) { Rules<T>::check(*static_cast<const T*>(object), violations); };
    info.fields.reserve(names_of<T>.size());
    boost::pfr::for_each_field(defaults, [&]<class F>(const F& member, std::size_t i) {
        const auto offset = reinterpret_cast<const std::byte*>(&member) - reinterpret_cast<const std::byte*>(&defaults);
        const auto name = names_of<T>[i];
        info.fields.push_back({name, '"' + std::string(name) + "\":", static_cast<std::size_t>(offset), &value_type<F>, rules_of<T>[i]});
    });
}

}  // namespace agentic::schema::detail

namespace agentic::schema {

template <class T>
const Type& Codec<T>::type() {
    static const detail::StructInfo info(&detail::fill_struct_info<T>);
    static const Type type{detail::type_name<T>(), &info};
    return type;
}

template <class T>
Result<T> Codec<T>::parse(std::string_view json) {
    Result<T> value(std::in_place);
    if (auto done = detail::parse_json(type(), json, &*value); !done) value = std::unexpected(std::move(done).error());
    return value;
}

template <class T>
Result<T> Codec<T>::parse_query(const QueryPairs& query) {
    Result<T> value(std::in_place);
    if (auto done = detail::parse_query(type(), query, &*value); !done) value = std::unexpected(std::move(done).error());
    return value;
}

template <class T>
void Codec<T>::write(const T& value, std::string& out) {
    detail::write_object(*type().info, &value, out);
}

}  // namespace agentic::schema
