#include <charconv>
#include <cmath>
#include <stdexcept>

#include "db/executor.hpp"

namespace agentic::db {
namespace {

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

std::optional<std::size_t> Rows::column(std::string_view name) const {
    const auto names = columns();
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i] == name) return i;
    }
    return std::nullopt;
}

std::int64_t Rows::converted_integer(std::size_t row, std::size_t column) const {
    const Cell& c = cell(row, column);
    if (c.kind == Cell::Kind::real && std::trunc(c.real) == c.real && std::abs(c.real) < 9.0e15) return static_cast<std::int64_t>(c.real);
    if (c.kind == Cell::Kind::text) {
        if (const auto value = parse_number<std::int64_t>(text(row, column))) return *value;
    }
    wrong_kind(row, column, "an integer");
}

double Rows::real(std::size_t row, std::size_t column) const {
    const Cell& c = cell(row, column);
    if (c.kind == Cell::Kind::real) return c.real;
    if (c.kind == Cell::Kind::integer) return static_cast<double>(c.integer);
    if (c.kind == Cell::Kind::text) {
        if (const auto value = parse_number<double>(text(row, column))) return *value;
    }
    wrong_kind(row, column, "a number");
}

void Rows::wrong_kind(std::size_t row, std::size_t column, std::string_view wanted) const {
    const char* const kinds[] = {"NULL", "an integer", "a real", "text", "bytes"};
    const auto kind = static_cast<std::size_t>(cell(row, column).kind);
    throw std::logic_error("column " + (*columns_)[column] + " is " + kinds[kind] + " where " + std::string(wanted) + " is read");
}

void Rows::reserve(std::size_t cells, std::size_t text_bytes) {
    cells_.reserve(cells);
    buffer_.reserve(text_bytes);
}

void Rows::add_integer(std::int64_t value) {
    Cell& c = cells_.emplace_back();
    c.kind = Cell::Kind::integer;
    c.integer = value;
}

void Rows::add_real(double value) {
    Cell& c = cells_.emplace_back();
    c.kind = Cell::Kind::real;
    c.real = value;
}

void Rows::add_text(std::string_view value) { add_slice(Cell::Kind::text, value); }

void Rows::add_blob(std::string_view value) { add_slice(Cell::Kind::blob, value); }

void Rows::add_slice(Cell::Kind kind, std::string_view value) {
    if (buffer_.size() + value.size() > kTextBytesMax) throw std::length_error("a statement returned more than 256 MiB");
    Cell& c = cells_.emplace_back();
    c.kind = kind;
    c.text = {static_cast<std::uint32_t>(buffer_.size()), static_cast<std::uint32_t>(value.size())};
    buffer_.append(value);
}

}  // namespace agentic::db
