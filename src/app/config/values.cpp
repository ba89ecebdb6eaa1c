#include "app/config/values.hpp"

#include <algorithm>
#include <charconv>
#include <format>
#include <optional>
#include <ranges>

#include "core/encoding.hpp"
#include "core/trim.hpp"
#include "embeddings/redis_address.hpp"
#include "http/address_guard.hpp"
#include "telemetry/sentry_dsn.hpp"

namespace agentic::app {
namespace {

std::optional<std::int64_t> whole_number(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string joined(std::initializer_list<std::string_view> words, std::string_view suffix = {}) {
    std::string out;
    for (const auto word : words) {
        if (!out.empty()) out += ", ";
        out += word;
        out += suffix;
    }
    return out;
}

bool is_port(std::string_view text) {
    const auto port = whole_number(text);
    return port && *port >= 1 && *port <= 65535;
}

bool is_network(std::string_view text) { return http::AddressBlock::parse(text).has_value(); }
bool is_network_and_port(std::string_view text) { return http::AllowedTarget::parse(text).has_value(); }

/// The part after `scheme://`, empty when the scheme is another one.
std::string_view after_scheme(std::string_view url, std::string_view scheme) {
    if (!url.starts_with(scheme) || !url.substr(scheme.size()).starts_with("://")) return {};
    return url.substr(scheme.size() + 3);
}

bool is_clean(std::string_view text) {
    return std::ranges::none_of(text, [](unsigned char c) { return c <= 0x20 || c == 0x7f; });
}

bool is_origin(std::string_view text) {
    auto rest = after_scheme(text, "https");
    if (rest.empty()) rest = after_scheme(text, "http");
    if (rest.empty() || !is_clean(rest) || rest.find_first_of("/?#@*,") != std::string_view::npos) return false;
    const auto colon = rest.rfind(':');
    if (colon == std::string_view::npos || rest.ends_with(']')) return true;
    return colon > 0 && is_port(rest.substr(colon + 1));
}

std::string decoded(std::string_view text) { return percent_decode(text, false).value_or(std::string(text)); }

/// `user:password@` before the first slash, as libpq reads it: a `?` or `#` in the password need not be encoded.
std::string_view user_password(std::string_view url) {
    const auto start = url.find("://");
    if (start == std::string_view::npos) return {};
    auto authority = url.substr(start + 3);
    authority = authority.substr(0, authority.find('/'));
    const auto user = authority.substr(0, std::min(authority.rfind('@'), authority.size()));
    const auto colon = user.size() == authority.size() ? std::string_view::npos : user.find(':');
    return colon == std::string_view::npos ? std::string_view{} : user.substr(colon + 1);
}

/// Where the passwords of a URL are in it, in order and none of them empty. libpq decodes the names of its parameters, too.
std::vector<std::string_view> password_parts(std::string_view url) {
    std::vector<std::string_view> parts{user_password(url)};
    const auto behind = parts.front().empty() ? url : url.substr(static_cast<std::size_t>(parts.front().data() + parts.front().size() - url.data()));
    const auto query = behind.find('?');
    for (const auto part : behind.substr(query == std::string_view::npos ? behind.size() : query + 1) | std::views::split('&')) {
        const std::string_view parameter(part);
        const auto equals = parameter.find('=');
        const auto name = decoded(parameter.substr(0, equals));
        if (equals != std::string_view::npos && (name == "password" || name == "sslpassword")) parts.push_back(parameter.substr(equals + 1));
    }
    std::erase(parts, std::string_view());
    return parts;
}

Reader list_of(std::string value_class, std::string rule, bool (*accepts)(std::string_view)) {
    return {std::move(value_class), std::move(rule), Visibility::open, [accepts](std::string_view text, Value& out) {
                std::vector<std::string> items;
                for (const auto part : text | std::views::split(',')) {
                    const auto item = trim(std::string_view(part));
                    if (item.empty()) continue;
                    if (!accepts(item)) {
                        out = std::vector{std::string(item)};
                        return false;
                    }
                    items.emplace_back(item);
                }
                out = std::move(items);
                return true;
            }};
}

}  // namespace

Reader integer(std::int64_t min, std::int64_t max) {
    return {"integer", std::format("from {} to {}", min, max), Visibility::open, [min, max](std::string_view text, Value& out) {
                const auto value = whole_number(trim(text));
                if (!value || *value < min || *value > max) return false;
                out = *value;
                return true;
            }};
}

Reader choice(std::initializer_list<std::string_view> choices) {
    return {"choice", "one of " + joined(choices), Visibility::open, [all = std::vector(choices)](std::string_view text, Value& out) {
                const auto found = std::ranges::find(all, trim(text));
                if (found == all.end()) return false;
                out = static_cast<std::int64_t>(found - all.begin());
                return true;
            }};
}

Reader word(std::initializer_list<std::string_view> choices) {
    return {"choice", "one of " + joined(choices), Visibility::open, [all = std::vector(choices)](std::string_view text, Value& out) {
                out = std::string(trim(text));
                return std::ranges::contains(all, trim(text));
            }};
}

Reader text(std::size_t min, std::size_t max) {
    return {"text", std::format("{} to {} characters", min, max), Visibility::open, [min, max](std::string_view text, Value& out) {
                const bool printable = std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
                out = std::string(text);
                return printable && text.size() >= min && text.size() <= max;
            }};
}

Reader path() {
    return {"path", "", Visibility::open, [](std::string_view text, Value& out) {
                out = std::string(text);
                return !text.contains('\0');
            }};
}

Reader ip_address() {
    return {"address", "an IPv4 or IPv6 address, or localhost", Visibility::open, [](std::string_view text, Value& out) {
                const auto host = trim(text) == "localhost" ? "127.0.0.1" : trim(text);
                out = std::string(host);
                return http::IpAddress::parse(host).has_value();
            }};
}

Reader secret(std::size_t min_length) {
    return {"secret", min_length > 1 ? std::format("at least {} characters", min_length) : "", Visibility::secret,
            [min_length](std::string_view text, Value& out) {
                out = std::string(text);
                return text.size() >= min_length && is_clean(text);
            }};
}

Reader url(std::initializer_list<std::string_view> schemes) {
    return {"URL", "starts with " + joined(schemes, "://"), Visibility::url, [all = std::vector(schemes)](std::string_view text, Value& out) {
                const auto is_mine = [&](std::string_view scheme) {
                    const auto rest = after_scheme(text, scheme);
                    return !rest.empty() && !rest.starts_with('/');
                };
                out = std::string(text.ends_with('/') ? text.substr(0, text.size() - 1) : text);
                return is_clean(text) && std::ranges::any_of(all, is_mine);
            }};
}

Reader postgres_url() {
    return {"URL", "starts with postgresql://, postgres:// or postgresql+asyncpg://", Visibility::url, [](std::string_view text, Value& out) {
                const auto end = text.find("://");
                if (end == std::string_view::npos || !is_clean(text)) return false;
                const auto scheme = text.substr(0, std::min(end, text.find('+')));
                if (scheme != "postgresql" && scheme != "postgres") return false;
                out = "postgresql" + std::string(text.substr(end));
                return text.size() > end + 3;
            }};
}

Reader redis_url() {
    return {"URL", "redis:// or rediss://, then [[user]:password@]host[:port][/database]", Visibility::url, [](std::string_view text, Value& out) {
                out = std::string(text);
                return is_clean(text) && embeddings::parse_redis_url(text).has_value();
            }};
}

Reader sentry_dsn() {
    return {"URL", "http:// or https://, then key@host[:port]/project", Visibility::url, [](std::string_view text, Value& out) {
                out = std::string(text);
                return is_clean(text) && telemetry::parse_sentry_dsn(text).has_value();
            }};
}

Reader origins() {
    return list_of("list of origins", "comma-separated scheme://host[:port]; never *, because credentials are allowed", is_origin);
}

Reader networks(Ports ports) {
    if (ports == Ports::refused) return list_of("list of networks", "comma-separated address[/bits]", is_network);
    return list_of("list of networks", "comma-separated address[/bits][:port]; IPv6 with a port as [address/bits]:port", is_network_and_port);
}

Reader model_sizes() {
    return list_of("list of models", "comma-separated name=dimensions, from 1 to 16384", [](std::string_view item) {
        const auto equals = item.rfind('=');
        const auto digits = item.substr(std::min(item.size(), equals == item.npos ? item.size() : equals + 1));
        int dimensions = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), dimensions);
        return equals != 0 && equals <= 200 && error == std::errc() && end == digits.data() + digits.size() && dimensions >= 1 && dimensions <= 16384;
    });
}

std::vector<std::string> passwords_of(std::string_view url) {
    std::vector<std::string> out;
    for (const auto password : password_parts(url)) out.push_back(decoded(password));
    return out;
}

std::string without_passwords(std::string_view url) {
    std::string out;
    std::size_t copied = 0;
    for (const auto password : password_parts(url)) {
        const auto at = static_cast<std::size_t>(password.data() - url.data());
        out.append(url.substr(copied, at - copied)).append("***");
        copied = at + password.size();
    }
    return out.append(url.substr(copied));
}

}  // namespace agentic::app
