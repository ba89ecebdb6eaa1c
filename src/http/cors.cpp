#include "http/cors.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "http/target.hpp"

namespace agentic::http {
namespace {

constexpr std::string_view kMethods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";
constexpr std::string_view kRequestFields =
    "Authorization, Content-Type, Accept, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, X-API-Key, X-Request-ID, X-Requested-With, "
    "Anthropic-Version, Anthropic-Beta, OpenAI-Organization, OpenAI-Project, Mcp-Session-Id, Mcp-Protocol-Version";
constexpr std::string_view kExposedFields =
    "X-Request-ID, X-Run-ID, ETag, Link, Location, Retry-After, Idempotency-Replayed, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, RateLimit, "
    "RateLimit-Policy, Mcp-Session-Id";

bool is_origin(std::string_view text) {
    for (const std::string_view scheme : {"http://", "https://"})
        if (text.starts_with(scheme)) return is_valid_authority(text.substr(scheme.size()));
    return false;
}

// The one Origin field; several are treated as none.
std::optional<std::string_view> origin_of(const Request& request) {
    const auto origin = request.headers.get("origin");
    return origin && request.headers.count("origin") == 1 ? origin : std::nullopt;
}

}  // namespace

Result<Cors> Cors::create(std::vector<std::string> origins, bool credentials) {
    Cors cors;
    cors.any_ = std::ranges::contains(origins, "*");
    cors.credentials_ = credentials;
    if (cors.any_ && credentials)
        return fail(ErrorCode::validation_error, "ALLOWED_ORIGINS: '*' cannot be combined with credentials; list the origins");
    for (auto& origin : origins) {
        if (origin == "*") continue;
        if (!is_origin(origin)) return fail(ErrorCode::validation_error, "ALLOWED_ORIGINS: an entry is not of the form scheme://host[:port]");
        std::ranges::transform(origin, origin.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    }
    cors.origins_ = std::move(origins);
    return cors;
}

bool Cors::allows(std::string_view origin) const { return any_ || std::ranges::contains(origins_, origin); }

bool Cors::is_preflight(const Request& request) {
    return request.method == Method::options && request.headers.get("origin") && request.headers.get("access-control-request-method");
}

void Cors::add_origin(std::string_view origin, Headers& headers) const {
    headers.add("Access-Control-Allow-Origin", any_ ? "*" : origin);
    if (credentials_) headers.add("Access-Control-Allow-Credentials", "true");
}

Response Cors::preflight(const Request& request) const {
    Response response{.status = 204};
    response.headers.add("Vary", "Origin, Access-Control-Request-Method, Access-Control-Request-Headers");
    const auto origin = origin_of(request);
    if (!origin || !allows(*origin)) return response;
    add_origin(*origin, response.headers);
    response.headers.add("Access-Control-Allow-Methods", kMethods);
    response.headers.add("Access-Control-Allow-Headers", kRequestFields);
    response.headers.add("Access-Control-Max-Age", "600");
    return response;
}

void Cors::apply(const Request& request, Response& response) const {
    if (origins_.empty()) return;
    response.headers.add("Vary", "Origin");
    const auto origin = origin_of(request);
    if (!origin || !allows(*origin)) return;
    add_origin(*origin, response.headers);
    response.headers.add("Access-Control-Expose-Headers", kExposedFields);
}

}  // namespace agentic::http
