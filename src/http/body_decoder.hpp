#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "http/head_parser.hpp"

namespace agentic::http {

/// Takes the transfer framing off a body, without I/O and without copying payload. Chunk sizes, extensions and trailers are held to the
/// grammar and to limits; extensions and trailers are dropped.
class BodyDecoder {
public:
    enum class Step : std::uint8_t { need_more, data, complete, failed };

    void start(const Framing& framing);

    /// Consumes from the front of `in`. After `data`, `piece` is a view into what was `in`; call again until another step comes back. After
    /// `complete`, what is left of `in` belongs to the next message.
    Step next(std::string_view& in, std::string_view& piece);

    const ParseFailure& failure() const { return failure_; }

private:
    enum class State : std::uint8_t { length, size_line, chunk_data, chunk_end, trailer, done };

    Step next_chunked(std::string_view& in, std::string_view& piece);
    bool take_line(std::string_view& in, bool& complete);
    bool parse_size_line();
    bool parse_trailer();
    Step take_data(std::string_view& in, std::string_view& piece);
    Step refuse(std::string_view message);

    State state_ = State::done;
    std::uint64_t remaining_ = 0;   // of the body or of the chunk
    std::size_t overhead_ = 0;      // bytes of extensions and trailers
    std::string line_;
    ParseFailure failure_;
};

}  // namespace agentic::http
