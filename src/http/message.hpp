#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/types.hpp"

namespace agentic::http {

enum class Method : std::uint8_t { get, head, post, put, patch, del, options };

std::string_view to_string(Method method);
std::optional<Method> parse_method(std::string_view text);

/// Header fields in order of arrival; names compare case-insensitively.
class Headers {
public:
    void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
    /// Replaces every field of that name.
    void set(std::string_view name, std::string value);
    std::optional<std::string_view> get(std::string_view name) const;  // the first one
    std::size_t count(std::string_view name) const;
    const auto& fields() const { return fields_; }

private:
    std::vector<std::pair<std::string, std::string>> fields_;
};

/// One part of a multipart/form-data body. Small fields are in `text`; files are streamed to `path`, which lives as long as the request.
struct FormPart {
    std::string name;
    std::optional<std::string> file_name;  // as the client sent it: for display only
    std::string content_type;
    std::string text;
    std::string path;                      // random name in the upload directory; empty for plain fields
    std::uint64_t size = 0;
    std::string sha256_hex;                // of files
};

/// A request whose head and body have arrived whole and passed the strict parser.
struct Request {
    Method method = Method::get;
    std::string path;                                         // percent-decoded once, no dot segments, no empty segments
    std::vector<std::pair<std::string, std::string>> query;   // decoded, in order
    Headers headers;
    std::string body;                                         // empty for multipart
    std::vector<FormPart> form;                               // multipart only
    std::string remote_address;
    std::string request_id;
};

/// A body produced piece by piece. The session pulls: it asks for the next piece only when the client has taken the last one, so a slow
/// reader costs one piece of memory.
class BodyStream {
public:
    virtual ~BodyStream() = default;
    /// The next piece; nullopt at the end. An SSE stream returns a keepalive comment when nothing happens for 15 s.
    virtual Awaitable<std::optional<std::string>> next() = 0;
};

struct Response {
    int status = 200;
    Headers headers;
    std::string body;
    std::unique_ptr<BodyStream> stream;  // when set, `body` is not sent; chunked unless a content-length is given
};

}  // namespace agentic::http
