#pragma once
#include <chrono>
#include <string>
#include <string_view>

namespace agentic::http {

/// How long an SSE stream may stay silent before it sends kSseKeepalive.
inline constexpr std::chrono::seconds kSseKeepaliveInterval{15};
inline constexpr std::string_view kSseKeepalive = ": keepalive\n\n";

/// Tells the client how long to wait before it reconnects.
inline void append_sse_retry(std::string& out, std::chrono::milliseconds wait) { out.append("retry: ").append(std::to_string(wait.count())).append("\n\n"); }

}  // namespace agentic::http
