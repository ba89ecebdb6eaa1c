#pragma once
#include <algorithm>
#include <chrono>
#include <cstdint>

namespace agentic::http {

using SteadyTime = std::chrono::steady_clock::time_point;

/// The deadline of a transfer: the next byte within `idle`, and over the whole a minimum rate after a first allowance of `idle`. A peer that
/// sends or takes one byte now and then cannot hold a connection.
class Pace {
public:
    Pace(SteadyTime start, std::chrono::milliseconds idle, std::uint64_t bytes_per_s) : start_(start), idle_(idle), bytes_per_s_(std::max<std::uint64_t>(bytes_per_s, 1)) {}

    void add(std::uint64_t bytes) { bytes_ += bytes; }
    SteadyTime deadline(SteadyTime now) const {
        const auto earned = std::chrono::milliseconds(bytes_ * 1000 / bytes_per_s_);
        return std::min(now + idle_, start_ + idle_ + earned);
    }

private:
    SteadyTime start_;
    std::chrono::milliseconds idle_;
    std::uint64_t bytes_per_s_;
    std::uint64_t bytes_ = 0;
};

}  // namespace agentic::http
