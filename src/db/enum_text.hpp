#pragma once
// Enumerators are stored under their own names (STYLE: enumerators are snake_case so that they are the wire strings). The names come from the
// compiler, so a new enumerator needs no table. Specialise EnumText where a stored word is not an identifier.
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace agentic::db {
namespace detail {

template <auto kValue>
consteval std::string_view enumerator_name() {
    std::string_view text = __PRETTY_FUNCTION__;             // GCC: "... [with auto kValue = ns::Enum::name; ...]", Clang: "... [kValue = ns::Enum::name]"
    text = text.substr(text.find("kValue = ") + 9);
    text = text.substr(0, text.find_first_of(";]"));
    if (const auto colon = text.rfind(':'); colon != std::string_view::npos) text = text.substr(colon + 1);
    if (text.ends_with('_')) text.remove_suffix(1);     // `private_` is "private"
    const bool named = !text.empty() && text.front() != '(' && !(text.front() >= '0' && text.front() <= '9') && text.front() != '-';
    return named ? text : std::string_view();                // "(ns::Enum)7": no enumerator has this value
}

template <class E, std::size_t... kIndex>
consteval auto enumerator_names(std::index_sequence<kIndex...>) {
    return std::array<std::string_view, sizeof...(kIndex)>{enumerator_name<static_cast<E>(kIndex)>()...};
}

}  // namespace detail

/// Text to enumerator, for enumerators with values 0 to 31.
template <class E>
struct EnumText {
    static std::optional<E> parse(std::string_view text) {
        static constexpr auto kNames = detail::enumerator_names<E>(std::make_index_sequence<32>());
        for (std::size_t i = 0; i < kNames.size(); ++i) {
            if (!kNames[i].empty() && kNames[i] == text) return static_cast<E>(i);
        }
        return std::nullopt;
    }
};

}  // namespace agentic::db
