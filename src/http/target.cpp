#include "http/target.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "core/encoding.hpp"
#include "core/hex.hpp"
#include "http/grammar.hpp"

namespace agentic::http {
namespace {

constexpr std::size_t kFieldsMax = 200;
constexpr auto kRawPathChars = detail::char_class("-._~!$&'()*+,;=:@/%");
constexpr auto kHostChars = detail::char_class("-._~!$&'()*+;=%");

bool all_of_class(std::string_view text, const std::array<bool, 256>& table) {
    return std::ranges::all_of(text, [&](char c) { return table[static_cast<unsigned char>(c)]; });
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

// Appends the decoded path; false on a malformed escape or one that hides a separator.
bool append_decoded(std::string_view raw, std::string& out) {
    for (std::size_t i = 0; i < raw.size(); ++i) {
        if (raw[i] != '%') {
            out += raw[i];
            continue;
        }
        if (i + 2 >= raw.size()) return false;
        const int high = hex_value(raw[i + 1]);
        const int low = hex_value(raw[i + 2]);
        if (high < 0 || low < 0) return false;
        const char c = static_cast<char>(high << 4 | low);
        if (c == '/' || c == '\\' || c == '%' || is_control(c)) return false;
        out += c;
        i += 2;
    }
    return true;
}

bool has_odd_segment(std::string_view path) {
    for (std::size_t start = 1; start < path.size();) {
        const auto end = std::min(path.find('/', start), path.size());
        const auto segment = path.substr(start, end - start);
        if (segment.empty() || segment == "." || segment == "..") return true;
        start = end + 1;
    }
    return false;
}

bool decode_component(std::string_view raw, std::string& out) {
    if (raw.find_first_of("%+") == std::string_view::npos) {
        out = raw;
    } else {
        auto decoded = percent_decode(raw, true);
        if (!decoded) return false;
        out = std::move(*decoded);
    }
    return out.find('\0') == std::string::npos && is_valid_utf8(out);
}

bool is_valid_port(std::string_view text) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() && value <= 65535 && text.size() <= 5;
}

}  // namespace

bool decode_path(std::string_view raw, std::string& out) {
    out.clear();
    if (!raw.starts_with('/') || !all_of_class(raw, kRawPathChars)) return false;
    if (raw.find('%') == std::string_view::npos) {
        out = raw;
        return !has_odd_segment(out);
    }
    return append_decoded(raw, out) && !has_odd_segment(out) && is_valid_utf8(out);
}

bool decode_query(std::string_view raw, QueryFields& out) {
    out.clear();
    while (!raw.empty()) {
        const auto end = raw.find('&');
        const auto field = raw.substr(0, end);
        raw = end == std::string_view::npos ? std::string_view{} : raw.substr(end + 1);
        if (field.empty()) continue;
        if (out.size() == kFieldsMax) return false;
        const auto equals = std::min(field.find('='), field.size());
        auto& [name, value] = out.emplace_back();
        if (!decode_component(field.substr(0, equals), name)) return false;
        if (equals < field.size() && !decode_component(field.substr(equals + 1), value)) return false;
    }
    return true;
}

std::optional<QueryFields> decode_form(std::string_view body) {
    QueryFields fields;
    if (!decode_query(body, fields)) return std::nullopt;
    return fields;
}

bool is_valid_authority(std::string_view text) {
    if (text.starts_with('[')) {
        const auto close = text.find(']');
        if (close == std::string_view::npos || close < 3) return false;
        if (text.substr(1, close - 1).find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos) return false;
        text.remove_prefix(close + 1);
        return text.empty() || (text.front() == ':' && is_valid_port(text.substr(1)));
    }
    const auto colon = std::min(text.find(':'), text.size());
    if (colon == 0 || !all_of_class(text.substr(0, colon), kHostChars)) return false;
    return colon == text.size() || is_valid_port(text.substr(colon + 1));
}

}  // namespace agentic::http
