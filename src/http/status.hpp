#pragma once
#include <string_view>

#include "core/error.hpp"
#include "http/message.hpp"

namespace agentic::http {

/// The one place where an error code becomes an HTTP status.
int status_of(ErrorCode code);

/// The reason phrase of the status line; "Unknown" for a status we never send.
std::string_view reason_phrase(int status);

/// The native error body: `{"detail", "error": {"code", "message", "details": [{"field", "issue"}], "request_id"}}`, with Retry-After when the
/// error knows one. `status` overrides the code's own (431, 408 and the like have no code of their own).
Response error_response(const Error& error, std::string_view request_id, int status = 0);

}  // namespace agentic::http
