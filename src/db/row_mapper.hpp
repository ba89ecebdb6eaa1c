#pragma once
// Binds row structs to the columns of a statement by name: `rows_to<AgentRow>(rows)`. Include it in repository .cpp files only; it is expensive
// to compile. A row struct is a plain aggregate in a named namespace whose members are bool, integers, double, std::string, Uuid, Timestamp,
// JsonText, Blob, enums, or std::optional of those for columns that may be NULL. Every member needs a column; columns without a member are ignored.
#include <array>
#include <boost/pfr/core.hpp>
#include <boost/pfr/core_name.hpp>
#include <concepts>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "db/enum_text.hpp"
#include "db/executor.hpp"

namespace agentic::db {
namespace detail {

[[noreturn]] void missing_column(std::string_view name);                              // std::logic_error
[[noreturn]] void bad_cell(const Rows& rows, std::size_t column, std::string_view problem);  // std::logic_error

inline void read(const Rows& rows, std::size_t row, std::size_t column, bool& out) { out = rows.integer(row, column) != 0; }
inline void read(const Rows& rows, std::size_t row, std::size_t column, double& out) { out = rows.real(row, column); }
inline void read(const Rows& rows, std::size_t row, std::size_t column, std::string& out) { out = rows.text(row, column); }
inline void read(const Rows& rows, std::size_t row, std::size_t column, JsonText& out) { out.text = rows.text(row, column); }
inline void read(const Rows& rows, std::size_t row, std::size_t column, Blob& out) { out.bytes = rows.blob(row, column); }
inline void read(const Rows& rows, std::size_t row, std::size_t column, Timestamp& out) { out.us = rows.integer(row, column); }

inline void read(const Rows& rows, std::size_t row, std::size_t column, Uuid& out) {
    const auto id = Uuid::parse(rows.text(row, column));
    if (!id) bad_cell(rows, column, "is not a UUID");
    out = *id;
}

template <std::integral T>
void read(const Rows& rows, std::size_t row, std::size_t column, T& out) {
    const std::int64_t value = rows.integer(row, column);
    if (!std::in_range<T>(value)) bad_cell(rows, column, "does not fit its member");
    out = static_cast<T>(value);
}

template <class E>
    requires std::is_enum_v<E>
void read(const Rows& rows, std::size_t row, std::size_t column, E& out) {
    const auto value = EnumText<E>::parse(rows.text(row, column));
    if (!value) bad_cell(rows, column, "holds an unknown word");
    out = *value;
}

template <class T>
void read(const Rows& rows, std::size_t row, std::size_t column, std::optional<T>& out) {
    if (rows.is_null(row, column)) return;
    read(rows, row, column, out.emplace());
}

/// Where each member's column is. Most statements name the columns in the order of the struct, so the first guess is right.
template <class Row, std::size_t... kIndex>
std::array<std::size_t, sizeof...(kIndex)> column_table(const Rows& rows, std::index_sequence<kIndex...>) {
    const auto names = rows.columns();
    const auto find = [&](std::string_view name, std::size_t guess) {
        if (guess < names.size() && names[guess] == name) return guess;
        const auto found = rows.column(name);
        if (!found) missing_column(name);
        return *found;
    };
    return {find(boost::pfr::get_name<kIndex, Row>(), kIndex)...};
}

template <class Row, std::size_t... kIndex>
void read_row(const Rows& rows, std::size_t row, const std::array<std::size_t, sizeof...(kIndex)>& table, Row& out, std::index_sequence<kIndex...>) {
    (read(rows, row, table[kIndex], boost::pfr::get<kIndex>(out)), ...);
}

}  // namespace detail

/// Every row. Throws std::logic_error when a column is missing, NULL without std::optional, or of another type: a bug in the statement.
template <class Row>
std::vector<Row> rows_to(const Rows& rows) {
    constexpr auto kMembers = std::make_index_sequence<boost::pfr::tuple_size_v<Row>>();
    std::vector<Row> out;
    if (rows.empty()) return out;
    const auto table = detail::column_table<Row>(rows, kMembers);
    out.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) detail::read_row(rows, row, table, out.emplace_back(), kMembers);
    return out;
}

/// The first row, or `not_found` naming `what`. Throws as rows_to does.
template <class Row>
Result<Row> first_row(const Rows& rows, std::string_view what) {
    constexpr auto kMembers = std::make_index_sequence<boost::pfr::tuple_size_v<Row>>();
    if (rows.empty()) return fail_not_found(what);
    Row out{};
    detail::read_row(rows, 0, detail::column_table<Row>(rows, kMembers), out, kMembers);
    return out;
}

}  // namespace agentic::db
