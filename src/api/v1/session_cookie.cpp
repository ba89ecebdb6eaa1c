#include "api/v1/session_cookie.hpp"

#include <format>

namespace agentic::api::v1 {

namespace {

std::string cookie(std::string_view value, std::int64_t max_age_s) {
    return std::format("{}={}; Path=/; Max-Age={}; Secure; HttpOnly; SameSite=Strict", kSessionCookie, value, max_age_s);
}

}  // namespace

bool wants_session_cookie(const http::Request& request) { return request.headers.get(kSessionHeader) == "cookie"; }

void put_session_cookie(RequestContext& ctx, schemas::Session& session, std::chrono::seconds lifetime) {
    if (!wants_session_cookie(ctx.request) || !session.refresh_token) return;
    ctx.response_headers.add("set-cookie", cookie(*session.refresh_token, lifetime.count()));
    session.refresh_token.reset();
}

void clear_session_cookie(RequestContext& ctx) {
    if (wants_session_cookie(ctx.request)) ctx.response_headers.add("set-cookie", cookie("", 0));
}

std::optional<std::string> session_cookie(const http::Request& request) {
    if (!wants_session_cookie(request)) return std::nullopt;
    std::string_view rest = request.headers.get("cookie").value_or("");
    while (!rest.empty()) {
        const auto end = std::min(rest.find(';'), rest.size());
        auto pair = rest.substr(0, end);
        while (pair.starts_with(' ')) pair.remove_prefix(1);
        if (pair.starts_with(kSessionCookie) && pair.substr(kSessionCookie.size()).starts_with('=')) return std::string(pair.substr(kSessionCookie.size() + 1));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return std::nullopt;
}

}  // namespace agentic::api::v1
