#pragma once
#include <chrono>
#include <functional>
#include <memory>

#include "async/task_group.hpp"
#include "async/types.hpp"
#include "async/wakeup.hpp"

namespace agentic::app {

/// Does the same small work again and again on one I/O thread, until it is stopped. A failure is logged and the next round comes all the same.
class Housekeeping {
public:
    using Work = std::function<Task<std::int64_t>()>;  // answers how much it has cleared away

    Housekeeping(IoExecutor home, std::chrono::steady_clock::duration interval, Work work);

    void start();
    /// Waits for a round in progress. Idempotent.
    Awaitable<void> stop();

private:
    Awaitable<void> loop();
    Awaitable<void> round();

    IoExecutor home_;
    std::chrono::steady_clock::duration interval_;
    Work work_;
    std::shared_ptr<async::Wakeup> end_;
    async::TaskGroup group_{"housekeeping"};
};

}  // namespace agentic::app
