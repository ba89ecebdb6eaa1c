#pragma once
#include <boost/asio/basic_waitable_timer.hpp>
#include <chrono>
#include <memory>

#include "async/types.hpp"

namespace agentic::async {

using SteadyTimer = asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>, IoExecutor>;

/// One coroutine's alarm clock: it waits on its own thread, and anyone may ring from any thread. A ring before the wait is not lost, and several
/// rings before one wait count as one. Shared, because a ring may still be on its way when the waiter is gone.
class Wakeup : public std::enable_shared_from_this<Wakeup> {
public:
    static std::shared_ptr<Wakeup> create(IoExecutor home);

    /// Thread-safe; the waiter resumes through its own executor.
    void ring();
    /// Waits for a ring, at most until `until`. True when rung; false on time-out or when the waiting coroutine is cancelled. Only on the home thread.
    Awaitable<bool> wait(std::chrono::steady_clock::time_point until);

private:
    explicit Wakeup(IoExecutor home) : timer_(home) {}

    SteadyTimer timer_;
    bool rung_ = false;  // touched on the home thread alone
};

}  // namespace agentic::async
