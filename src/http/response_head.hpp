#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace agentic::http {

/// How the client finds the end of a response body.
enum class BodyFraming : std::uint8_t {
    none,         // 204, 304
    length,       // Content-Length
    chunked,      // streams to HTTP/1.1 clients
    until_close,  // streams to HTTP/1.0 clients
};

/// What the session knows and the handler does not.
struct ResponseContext {
    std::string_view date;         // IMF-fixdate
    std::string_view request_id;
    int minor_version = 1;
    bool keep_alive = true;
    bool hsts = false;
};

BodyFraming framing_of(const Response& response, int minor_version);

/// Appends status line and fields. The session's own fields (Date, Server, Connection, framing, security defaults) come from here alone: what
/// a handler set for them is left out, except Content-Security-Policy and Referrer-Policy, which it may choose. Fields that could split the
/// head are dropped and logged.
void append_response_head(std::string& out, const Response& response, BodyFraming framing, const ResponseContext& context);

/// The declared length of a stream, when its handler gave one.
std::optional<std::uint64_t> declared_length(const Response& response);

}  // namespace agentic::http
