#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "core/error.hpp"

namespace agentic::http {

/// The parts of an outbound URL that decide where a connection goes.
struct UrlTarget {
    bool tls = false;
    std::string host;  // lower case; an IPv6 address without its brackets
    std::uint16_t port = 0;

    bool operator==(const UrlTarget&) const = default;
};

/// Takes apart a URL so strictly that no other parser can read it differently: http or https, a plain ASCII host name, a canonical IPv4 or a bracketed
/// IPv6 address, an optional port; no user information, backslashes, spaces, control or non-ASCII characters, percent signs in the host, zone ids,
/// trailing dots, or octal, hexadecimal and short IPv4 forms. Fails with `bad_request`; the message names the rule, never the URL (it may hold a key).
Result<UrlTarget> parse_outbound_url(std::string_view url);

/// The target of a Location header: absolute, `//host/path`, `/path` or relative to `base`. The result still has to pass parse_outbound_url.
std::string resolve_location(std::string_view base, std::string_view location);

}  // namespace agentic::http
