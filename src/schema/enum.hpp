#pragma once
// The wire strings of an enum are its enumerators' names, read from the compiler: no table to keep. They count up from 0 without gaps. A trailing
// underscore is dropped (`default_` is "default"). Names that are no identifiers need a table beside the enum, in its header:
//     template <> inline constexpr std::array agentic::schema::enum_names<Model> = {std::string_view("gpt-4o"), std::string_view("o3-mini")};
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace agentic::schema {

namespace detail {

template <auto value>
consteval std::string_view enumerator() {
    const std::string_view all = __PRETTY_FUNCTION__;  // "... [with auto value = ns::Colour::red; ...]" or "... = (ns::Colour)7" when there is no such one
    const auto start = all.find("value = ") + 8;
    auto text = all.substr(start, all.find_first_of(";]", start) - start);
    if (text.front() == '(' || (text.front() >= '0' && text.front() <= '9')) return {};
    if (const auto colon = text.rfind(':'); colon != text.npos) text.remove_prefix(colon + 1);
    if (text.ends_with('_')) text.remove_suffix(1);
    return text;
}

template <class E, std::size_t n = 0>
consteval std::size_t enumerator_count() {
    if constexpr (enumerator<static_cast<E>(n)>().empty()) return n;
    else return enumerator_count<E, n + 1>();
}

template <class E>
consteval auto enumerators() {
    return []<std::size_t... i>(std::index_sequence<i...>) {
        return std::array<std::string_view, sizeof...(i)>{enumerator<static_cast<E>(i)>()...};
    }(std::make_index_sequence<enumerator_count<E>()>());
}

}  // namespace detail

template <class E>
inline constexpr auto enum_names = detail::enumerators<E>();

/// The wire string of `value`; "" for a value without a name.
template <class E>
constexpr std::string_view enum_text(E value) {
    const auto i = static_cast<std::size_t>(value);
    return i < enum_names<E>.size() ? enum_names<E>[i] : std::string_view();
}

template <class E>
constexpr std::optional<E> parse_enum(std::string_view text) {
    for (std::size_t i = 0; i < enum_names<E>.size(); ++i)
        if (enum_names<E>[i] == text) return static_cast<E>(i);
    return std::nullopt;
}

}  // namespace agentic::schema
