#pragma once
#include <algorithm>
#include <chrono>
#include <cstdint>

namespace agentic::http {

using SteadyTime = std::chrono::steady_clock::time_point;

/// The deadline of a transfer. Every byte pays for time at a minimum rate, at most `idle` ahead: a peer that sends or takes one byte now and then cannot hold
/// a connection, and neither can one that was quick at first.
class Pace {
public:
    Pace(SteadyTime start, std::chrono::milliseconds idle, std::uint64_t bytes_per_s)
        : idle_(idle), bytes_per_s_(std::max<std::uint64_t>(bytes_per_s, 1)), deadline_(start + idle) {}

    void add(std::uint64_t bytes, SteadyTime now) {
        const auto earned = std::chrono::nanoseconds(std::min<std::uint64_t>(bytes, 1 << 30) * 1'000'000'000 / bytes_per_s_);
        deadline_ = std::min(deadline_ + earned, now + idle_);
    }
    /// The first allowance again: what has passed was our own time.
    void restart(SteadyTime now) { deadline_ = now + idle_; }
    SteadyTime deadline() const { return deadline_; }

private:
    std::chrono::milliseconds idle_;
    std::uint64_t bytes_per_s_;
    SteadyTime deadline_;
};

}  // namespace agentic::http
