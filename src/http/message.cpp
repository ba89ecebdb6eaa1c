#include "http/message.hpp"

#include <algorithm>
#include <cstring>
#include <functional>

namespace agentic::http {
namespace {

constexpr std::size_t kLengths = 2 * sizeof(std::uint32_t);
constexpr std::size_t kFirstBytes = 240;   // the fields of a usual answer: one allocation

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool points_into(std::string_view view, const std::string& buffer) {
    const std::less<const char*> less;
    return !less(view.data(), buffer.data()) && less(view.data(), buffer.data() + buffer.size());
}

}  // namespace

std::string_view to_string(Method method) {
    switch (method) {
        case Method::get: return "GET";
        case Method::head: return "HEAD";
        case Method::post: return "POST";
        case Method::put: return "PUT";
        case Method::patch: return "PATCH";
        case Method::del: return "DELETE";
        case Method::options: return "OPTIONS";
    }
    return "GET";
}

std::optional<Method> parse_method(std::string_view text) {
    for (const auto method : {Method::get, Method::post, Method::head, Method::put, Method::patch, Method::del, Method::options})
        if (text == to_string(method)) return method;
    return std::nullopt;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

Headers::Field Headers::Iterator::operator*() const {
    std::uint32_t lengths[2];
    std::memcpy(lengths, at_, kLengths);
    return {{at_ + kLengths, lengths[0]}, {at_ + kLengths + lengths[0], lengths[1]}};
}

Headers::Iterator& Headers::Iterator::operator++() {
    std::uint32_t lengths[2];
    std::memcpy(lengths, at_, kLengths);
    at_ += kLengths + lengths[0] + lengths[1];
    return *this;
}

void Headers::add(std::string_view name, std::string_view value) {
    if (points_into(name, packed_) || points_into(value, packed_)) return add(std::string(name), std::string(value));
    if (packed_.empty()) packed_.reserve(kFirstBytes);
    const std::uint32_t lengths[2] = {static_cast<std::uint32_t>(name.size()), static_cast<std::uint32_t>(value.size())};
    packed_.append(reinterpret_cast<const char*>(lengths), kLengths);
    packed_.append(name);
    packed_.append(value);
}

void Headers::set(std::string_view name, std::string_view value) {
    if (count(name) > 0) {
        const std::string own_name(name);  // both may be views into what remove() is about to change
        const std::string own_value(value);
        remove(own_name);
        return add(own_name, own_value);
    }
    add(name, value);
}

void Headers::remove(std::string_view name) {
    const std::string own_name(name);
    Headers kept;
    for (const auto [field, value] : fields())
        if (!equal_ignoring_case(field, own_name)) kept.add(field, value);
    packed_ = std::move(kept.packed_);
}

std::optional<std::string_view> Headers::get(std::string_view name) const {
    for (const auto [field, value] : fields())
        if (equal_ignoring_case(field, name)) return value;
    return std::nullopt;
}

std::size_t Headers::count(std::string_view name) const {
    std::size_t n = 0;
    for (const auto field : fields()) n += equal_ignoring_case(field.first, name) ? 1 : 0;
    return n;
}

}  // namespace agentic::http
