#include "http/outbound_url.hpp"

#include <algorithm>
#include <charconv>

#include "http/address_guard.hpp"

namespace agentic::http {
namespace {

constexpr std::size_t kMaxUrlBytes = 8192;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_host_char(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool starts_with_nocase(std::string_view text, std::string_view prefix) {
    return text.size() >= prefix.size() && std::ranges::equal(text.substr(0, prefix.size()), prefix, {}, lower);
}

std::unexpected<Error> refuse(std::string_view rule) { return fail(ErrorCode::bad_request, "The URL is not allowed: " + std::string(rule)); }

bool has_safe_bytes(std::string_view url) {
    return std::ranges::all_of(url, [](char c) { return c > 0x20 && c < 0x7f && std::string_view("\\\"<>^`{|}").find(c) == std::string_view::npos; });
}

bool looks_numeric(std::string_view label) {
    if (label.starts_with("0x")) return true;
    return std::ranges::all_of(label, is_digit);
}

// A name, or a canonical IPv4 address. Everything that some resolver might take for a number in another notation is refused.
bool is_plain_host(std::string_view host) {
    if (host.empty() || host.size() > 253) return false;
    std::size_t begin = 0;
    std::string_view label;
    while (true) {
        const auto end = std::min(host.find('.', begin), host.size());
        label = host.substr(begin, end - begin);
        if (label.empty() || label.size() > 63 || !std::ranges::all_of(label, is_host_char)) return false;
        if (end == host.size()) break;
        begin = end + 1;
    }
    if (!looks_numeric(label)) return true;
    const auto address = IpAddress::parse(host);
    return address && address->is_v4();
}

bool is_plain_v6(std::string_view host) {
    if (!std::ranges::all_of(host, [](char c) { return is_hex(c) || c == ':' || c == '.'; })) return false;
    return host.contains(':') && IpAddress::parse(host).has_value();
}

Result<void> parse_host(std::string_view& authority, UrlTarget& target) {
    if (authority.starts_with('[')) {
        const auto close = authority.find(']');
        if (close == authority.npos || !is_plain_v6(authority.substr(1, close - 1))) return refuse("its IPv6 address is malformed");
        target.host = authority.substr(1, close - 1);
        authority.remove_prefix(close + 1);
    } else {
        const auto end = std::min(authority.find(':'), authority.size());
        target.host = authority.substr(0, end);
        authority.remove_prefix(end);
    }
    std::ranges::transform(target.host, target.host.begin(), lower);
    if (!target.host.contains(':') && !is_plain_host(target.host)) return refuse("its host is not a plain name or address");
    return {};
}

Result<void> parse_port(std::string_view text, UrlTarget& target) {
    if (text.empty()) {
        target.port = target.tls ? 443 : 80;
        return {};
    }
    text.remove_prefix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), target.port);
    const bool whole = error == std::errc() && end == text.data() + text.size() && !text.empty() && text.size() <= 5;
    if (!whole || target.port == 0) return refuse("its port is malformed");
    return {};
}

}  // namespace

Result<UrlTarget> parse_outbound_url(std::string_view url) {
    if (url.size() > kMaxUrlBytes) return refuse("it is too long");
    if (!has_safe_bytes(url)) return refuse("it contains characters that must be percent-encoded");
    UrlTarget target;
    if (starts_with_nocase(url, "https://")) {
        target.tls = true;
    } else if (!starts_with_nocase(url, "http://")) {
        return refuse("it must begin with http:// or https://");
    }
    auto authority = url.substr(target.tls ? 8 : 7);
    authority = authority.substr(0, authority.find_first_of("/?#"));
    if (authority.contains('@')) return refuse("it must not contain a user name or password");
    AGENTIC_CHECK(parse_host(authority, target));
    if (!authority.empty() && !authority.starts_with(':')) return refuse("its host is malformed");
    AGENTIC_CHECK(parse_port(authority, target));
    return target;
}

std::string resolve_location(std::string_view base, std::string_view location) {
    if (location.empty()) return {};
    const auto scheme_end = base.find("://");
    if (scheme_end == base.npos) return std::string(location);
    const auto colon = location.find(':');
    if (colon != location.npos && colon < location.find_first_of("/?#")) return std::string(location);  // absolute, whatever its scheme
    if (location.starts_with("//")) return std::string(base.substr(0, scheme_end + 1)) + std::string(location);
    const auto authority_end = std::min(base.find_first_of("/?#", scheme_end + 3), base.size());
    if (location.starts_with('/')) return std::string(base.substr(0, authority_end)) + std::string(location);
    auto path = base.substr(authority_end, base.find_first_of("?#", authority_end) - authority_end);
    if (!location.starts_with('?')) path = path.substr(0, path.rfind('/') == path.npos ? 0 : path.rfind('/') + 1);
    return std::string(base.substr(0, authority_end)) + (path.empty() ? "/" : std::string(path)) + std::string(location);
}

}  // namespace agentic::http
