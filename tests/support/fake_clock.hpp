#pragma once
#include <atomic>
#include <chrono>

#include "core/clock.hpp"

namespace agentic::test {

/// A clock that stands still until it is told to move. Starts at 2026-01-01T00:00:00Z. Safe to read from other threads.
class FakeClock final : public Clock {
public:
    Timestamp now() const override { return {now_us_}; }
    std::chrono::steady_clock::time_point steady() const override { return std::chrono::steady_clock::time_point(std::chrono::microseconds(steady_us_)); }

    /// Both clocks.
    void advance(std::chrono::microseconds by) {
        now_us_ += by.count();
        steady_us_ += by.count();
    }
    /// The wall clock only, either way: somebody set the time.
    void jump(std::chrono::microseconds by) { now_us_ += by.count(); }
    void set(Timestamp to) { now_us_ = to.us; }

private:
    std::atomic<std::int64_t> now_us_{1'767'225'600'000'000};
    std::atomic<std::int64_t> steady_us_{1'000'000'000};
};

}  // namespace agentic::test
