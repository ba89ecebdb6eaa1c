#include "embeddings/redis_address.hpp"

#include <charconv>
#include <format>

#include "core/encoding.hpp"

namespace agentic::embeddings {
namespace {

std::unexpected<Error> refused(std::string_view why) { return fail(ErrorCode::bad_request, std::format("The Redis URL {}", why)); }

template <class Number>
bool read_number(std::string_view text, Number& out) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size();
}

Result<void> read_user(std::string_view text, RedisAddress& out) {
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return refused("names a user without a password");
    const auto user = percent_decode(text.substr(0, colon), false);
    auto password = percent_decode(text.substr(colon + 1), false);
    if (!user || !password) return refused("has a user or a password that is not percent-encoded");
    if (password->empty() && !user->empty()) return refused("names a user without a password");
    out.user = *user;
    out.password = Secret(*std::move(password));
    return {};
}

Result<void> read_place(std::string_view text, RedisAddress& out) {
    const auto colon = text.rfind(':');
    const bool has_port = colon != std::string_view::npos && !text.ends_with(']');
    auto host = text.substr(0, has_port ? colon : text.size());
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    else if (host.contains(':')) return refused("has an IPv6 address without brackets");
    if (host.empty()) return refused("names no host");
    if (has_port && (!read_number(text.substr(colon + 1), out.port) || out.port == 0)) return refused("has a port that is none");
    out.host = host;
    return {};
}

}  // namespace

std::string RedisAddress::text() const { return std::format("{}:{}", host.contains(':') ? "[" + host + "]" : host, port); }

Result<RedisAddress> parse_redis_url(std::string_view url) {
    RedisAddress out;
    out.uses_tls = url.starts_with("rediss://");
    if (!out.uses_tls && !url.starts_with("redis://")) return refused("starts with redis:// or rediss://");
    auto rest = url.substr(url.find("://") + 3);
    if (rest.find_first_of("?#") != std::string_view::npos) return refused("takes no options behind a ? or #");
    const auto slash = std::min(rest.find('/'), rest.size());
    const auto database = rest.substr(std::min(slash + 1, rest.size()));
    rest = rest.substr(0, slash);
    if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
        AGENTIC_CHECK(read_user(rest.substr(0, at), out));
        rest.remove_prefix(at + 1);
    }
    AGENTIC_CHECK(read_place(rest, out));
    if (!database.empty() && (!read_number(database, out.database) || out.database < 0)) return refused("has a database that is no number");
    return out;
}

}  // namespace agentic::embeddings
