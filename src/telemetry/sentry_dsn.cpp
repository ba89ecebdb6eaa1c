#include "telemetry/sentry_dsn.hpp"

#include <algorithm>
#include <format>

namespace agentic::telemetry {
namespace {

std::unexpected<Error> refused(std::string_view why) { return fail(ErrorCode::bad_request, std::format("The DSN {}", why)); }

bool is_word(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
}

}  // namespace

Result<SentryDsn> parse_sentry_dsn(std::string_view dsn) {
    if (!dsn.starts_with("https://") && !dsn.starts_with("http://")) return refused("starts with https:// or http://");
    if (dsn.find_first_of("?# ") != std::string_view::npos) return refused("takes nothing behind the project");
    const auto scheme_end = dsn.find("://") + 3;
    const auto at = dsn.find('@', scheme_end);
    if (at == std::string_view::npos) return refused("names no public key");
    const auto keys = dsn.substr(scheme_end, at - scheme_end);
    const auto key = keys.substr(0, keys.find(':'));
    if (!is_word(key)) return refused("has a public key that is not letters and digits");
    const auto place = dsn.substr(at + 1);
    const auto host_end = place.find('/'), last = place.rfind('/');
    if (host_end == std::string_view::npos || host_end == 0) return refused("names no host or no project");
    const auto project = place.substr(last + 1);
    if (!is_word(project)) return refused("does not end with a project");
    return SentryDsn{.envelope_url = std::format("{}{}/api/{}/envelope/", dsn.substr(0, scheme_end), place.substr(0, last), project), .public_key = Secret(std::string(key))};
}

}  // namespace agentic::telemetry
