#pragma once
#include "core/error.hpp"
#include "http/message.hpp"

namespace agentic::api {

/// The native error answer to `request`. A client that accepts `application/problem+json` gets the members of RFC 9457 in the same body.
http::Response error_response(const Error& error, const http::Request& request);

}  // namespace agentic::api
