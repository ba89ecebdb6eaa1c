#pragma once
#include <chrono>
#include <optional>
#include <string>

#include "api/request_context.hpp"
#include "schemas/auth.hpp"

namespace agentic::api::v1 {

/// Browsers keep the refresh token in a cookie that scripts cannot read, when the page asks for it with `X-Agentic-Session: cookie`. The header is also what
/// a foreign page cannot send: without it the cookie is ignored.
inline constexpr std::string_view kSessionHeader = "x-agentic-session";
inline constexpr std::string_view kSessionCookie = "__Host-agentic_refresh";

bool wants_session_cookie(const http::Request& request);

/// Moves the refresh token from the answer into the cookie, when the client asked for that.
void put_session_cookie(RequestContext& ctx, schemas::Session& session, std::chrono::seconds lifetime);
void clear_session_cookie(RequestContext& ctx);

/// The token in the cookie of a request that carries the header; nullopt otherwise.
std::optional<std::string> session_cookie(const http::Request& request);

}  // namespace agentic::api::v1
