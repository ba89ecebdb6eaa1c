#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"

namespace agentic::http {

struct MultipartLimits {
    std::size_t parts = 64;
    std::size_t head_bytes = 8 << 10;   // of one part
    std::size_t text_bytes = 1 << 20;   // of all plain fields together
};

/// What the head of a part says.
struct PartHead {
    std::string name;
    std::optional<std::string> file_name;
    std::string content_type;
};

/// Receives the parts in order: begin, data any number of times, end.
class PartSink {
public:
    virtual ~PartSink() = default;
    virtual Result<void> begin(PartHead head) = 0;
    virtual Result<void> data(std::string_view bytes) = 0;
    virtual Result<void> end() = 0;
};

/// A strict multipart/form-data parser (RFC 7578), without I/O, of constant memory. Every failure is bad_request but those of the sink.
/// Refused as ambiguous: a preamble, bare LF, a part without exactly one Content-Disposition, repeated or `*` parameters, transfer encodings,
/// a name used twice (unless it ends in `[]`), a missing end.
class MultipartParser {
public:
    MultipartParser(std::string_view boundary, MultipartLimits limits, PartSink& sink);

    Result<void> feed(std::string_view bytes);
    /// At the end of the body.
    Result<void> finish() const;

private:
    enum class State : std::uint8_t { preamble, delimiter_end, head, data, epilogue };

    Result<bool> step();   // false: more bytes are needed
    Result<bool> skip_preamble();
    Result<bool> end_delimiter();
    Result<bool> read_head();
    Result<bool> read_data();
    Result<PartHead> parse_head(std::string_view text);

    std::string delimiter_;           // CR LF -- boundary
    MultipartLimits limits_;
    PartSink& sink_;
    State state_ = State::preamble;
    std::string pending_ = "\r\n";    // so that the first delimiter looks like the others
    std::size_t position_ = 0;        // what of pending_ is done
    std::vector<std::string> names_;
};

/// The boundary of a multipart/form-data content type; bad_request when it is missing or malformed.
Result<std::string> multipart_boundary(std::string_view content_type);

bool is_multipart(std::string_view content_type);

}  // namespace agentic::http
