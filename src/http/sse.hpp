#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace agentic::http {

/// How long an SSE stream may stay silent before it sends kSseKeepalive.
inline constexpr std::chrono::seconds kSseKeepaliveInterval{15};
inline constexpr std::string_view kSseKeepalive = ": keepalive\n\n";

/// Appends one event. Nothing in the arguments can end the event or forge another: line breaks in `data` (CR, LF, CRLF) become further `data:`
/// lines, which the client joins with LF; CR, LF and NUL are dropped from `id` and `event`. Empty `id` and `event` are left out.
void append_sse_event(std::string& out, std::string_view id, std::string_view event, std::string_view data);
void append_sse_event(std::string& out, std::uint64_t id, std::string_view event, std::string_view data);

/// Tells the client how long to wait before it reconnects.
void append_sse_retry(std::string& out, std::chrono::milliseconds wait);

}  // namespace agentic::http
