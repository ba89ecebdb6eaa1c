#pragma once
#include <boost/asio/buffer.hpp>
#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>
#include <vector>

#include "async/types.hpp"

namespace agentic::http {

/// Received bytes that are not parsed yet. Grows by doubling; whoever reads bounds it by refusing what is too long.
class InputBuffer {
public:
    std::string_view view() const { return {storage_.data() + begin_, end_ - begin_}; }
    bool empty() const { return begin_ == end_; }

    void consume(std::size_t n) {
        begin_ += n;
        if (begin_ == end_) begin_ = end_ = 0;
    }

    /// Room for at least one byte; `wanted` is the capacity to have when the buffer is empty.
    asio::mutable_buffer space(std::size_t wanted) {
        if (empty() && storage_.size() < wanted) storage_.resize(wanted);
        if (end_ == storage_.size() && begin_ > 0) {
            std::memmove(storage_.data(), storage_.data() + begin_, end_ - begin_);
            end_ -= begin_;
            begin_ = 0;
        }
        if (end_ == storage_.size()) storage_.resize(std::max(storage_.size() * 2, wanted));
        return {storage_.data() + end_, storage_.size() - end_};
    }
    void commit(std::size_t n) { end_ += n; }

    /// Forgets everything and keeps at most `capacity` bytes.
    void reset(std::size_t capacity) {
        begin_ = end_ = 0;
        if (storage_.size() > capacity) std::vector<char>().swap(storage_);
    }

private:
    std::vector<char> storage_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace agentic::http
