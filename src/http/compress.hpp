#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "http/message.hpp"

namespace agentic::http {

/// True when Accept-Encoding names gzip (or `*`) with a weight above zero.
bool accepts_gzip(std::string_view accept_encoding);

/// A body worth compressing: text of at least 1 KiB, not encoded yet, no stream, and without an ETag. (A compressed representation would need
/// a tag of its own, and If-Match compares strongly.)
bool is_compressible(const Response& response);

/// gzip at level 1, with the memory kept for the next body. Not thread-safe: one per thread.
class Gzip {
public:
    Gzip();
    ~Gzip();
    Gzip(const Gzip&) = delete;
    Gzip& operator=(const Gzip&) = delete;

    /// Replaces the body and sets Content-Encoding, unless that would not make it smaller.
    void encode(Response& response);

private:
    struct State;
    std::unique_ptr<State> state_;   // a quarter of a megabyte, made at the first use
};

}  // namespace agentic::http
