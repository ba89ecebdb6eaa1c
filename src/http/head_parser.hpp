#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "http/message.hpp"

namespace agentic::http {

struct HeadLimits {
    std::size_t head_bytes = 32 << 10;    // 431 above
    std::size_t target_bytes = 8 << 10;   // 414 above
    std::size_t fields = 100;             // 431 above
};

/// Why a message is refused. The connection closes after the answer: where the next message begins is no longer certain.
struct ParseFailure {
    int status = 400;
    ErrorCode code = ErrorCode::bad_request;
    std::string_view message;             // of static storage
};

/// How the body is delimited and what the client wants of the connection.
struct Framing {
    std::uint64_t content_length = 0;
    bool chunked = false;
    bool keep_alive = true;
    bool expects_continue = false;
    int minor_version = 1;

    bool has_body() const { return chunked || content_length > 0; }
};

/// The strict HTTP/1.x head parser, without I/O. What two parsers could read differently is an error here: bare LF, obs-fold, space before a
/// colon, more than one Host, Content-Length or Transfer-Encoding, both framings at once, any coding but chunked, odd request lines.
class HeadParser {
public:
    enum class Status : std::uint8_t { need_more, complete, failed };

    explicit HeadParser(HeadLimits limits) : limits_(limits) {}

    /// `buffered` is everything received since the start of the message; call again with more bytes appended. Fields go into `request`.
    Status parse(std::string_view buffered, Request& request);

    /// Bytes of `buffered` that belong to the head, once complete.
    std::size_t consumed() const { return position_; }
    const Framing& framing() const { return framing_; }
    const ParseFailure& failure() const { return failure_; }
    void reset() { *this = HeadParser(limits_); }

private:
    enum class Part : std::uint8_t { before, request_line, fields };

    bool parse_line(std::string_view line, Request& request);
    bool parse_request_line(std::string_view line, Request& request);
    bool parse_target(std::string_view target, Request& request);
    bool take_authority(std::string_view& target);
    bool parse_field(std::string_view line, Request& request);
    bool note_field(std::string_view name, std::string_view value);
    bool parse_content_length(std::string_view value);
    void parse_connection(std::string_view value);
    bool finish(const Request& request);
    Status check_incomplete(std::string_view line);
    bool refuse(int status, std::string_view message, ErrorCode code = ErrorCode::bad_request);

    HeadLimits limits_;
    std::size_t position_ = 0;            // start of the line being read
    std::size_t field_count_ = 0;
    std::size_t host_count_ = 0;
    std::optional<std::uint64_t> content_length_;
    bool has_transfer_encoding_ = false;
    bool says_close_ = false;
    bool says_keep_alive_ = false;
    Part part_ = Part::before;
    Framing framing_;
    bool target_is_absolute_ = false;
    std::string target_authority_;        // of an absolute-form target
    ParseFailure failure_;
};

/// A field line without its CRLF, split and checked; also for trailers and multipart headers. Nullopt when malformed (obs-fold included).
std::optional<Headers::Field> split_field_line(std::string_view line);

}  // namespace agentic::http
