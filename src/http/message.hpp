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

/// HEAD reaches the handler as such and is answered like GET; the session leaves the body out.
enum class Method : std::uint8_t { get, head, post, put, patch, del, options };

std::string_view to_string(Method method);
std::optional<Method> parse_method(std::string_view text);

/// Header fields in order of arrival; names compare case-insensitively. All fields lie in one buffer: two allocations for a whole message
/// head, none when the object is reused. Views stay valid until the next change.
class Headers {
public:
    using Field = std::pair<std::string_view, std::string_view>;

    class Iterator {
    public:
        explicit Iterator(const char* at) : at_(at) {}
        Field operator*() const;
        Iterator& operator++();
        bool operator==(const Iterator&) const = default;

    private:
        const char* at_;
    };
    struct Range {
        Iterator first, last;
        Iterator begin() const { return first; }
        Iterator end() const { return last; }
    };

    void add(std::string_view name, std::string_view value);
    /// Replaces every field of that name.
    void set(std::string_view name, std::string_view value);
    void remove(std::string_view name);
    void clear() { packed_.clear(); }
    bool empty() const { return packed_.empty(); }

    std::optional<std::string_view> get(std::string_view name) const;  // the first one
    std::size_t count(std::string_view name) const;
    /// For `for (const auto [name, value] : headers.fields())`.
    Range fields() const { return {Iterator(packed_.data()), Iterator(packed_.data() + packed_.size())}; }

private:
    std::string packed_;  // per field: two 32-bit lengths, the name, the value
};

/// ASCII only, as field names and tokens are.
bool equal_ignoring_case(std::string_view a, std::string_view b);

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

/// A request whose head and body have arrived whole and passed the strict parser. Valid until the handler returns; a body stream that needs
/// something of it takes a copy.
struct Request {
    Method method = Method::get;
    std::string path;                                         // percent-decoded once, no dot segments, no empty segments
    std::vector<std::pair<std::string, std::string>> query;   // decoded, in order
    Headers headers;
    std::string body;                                         // empty for multipart
    std::vector<FormPart> form;                               // multipart only
    std::string remote_address;                               // of the client; X-Forwarded-For counts only from trusted proxies
    std::string request_id;
    bool https = false;                                       // the client spoke TLS to a trusted proxy
};

/// A body produced piece by piece. The session pulls: it asks for the next piece only when the client has taken the last one, so a slow
/// reader costs one piece of memory.
class BodyStream {
public:
    virtual ~BodyStream() = default;
    /// The next piece; nullopt at the end. An SSE stream returns a keepalive comment when nothing happens for 15 s. Throws when the rest cannot be had: the
    /// connection is cut then, so that the client does not take a part for the whole.
    virtual Awaitable<std::optional<std::string>> next() = 0;
};

struct Response {
    int status = 200;
    Headers headers;
    std::string body;
    std::unique_ptr<BodyStream> stream;  // when set, `body` is not sent; chunked unless a content-length is given
};

}  // namespace agentic::http
