#pragma once
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace agentic::async {

/// Whose turn it is when the cores are busy: `background` yields to everything that somebody waits for.
enum class Priority { normal, background };

/// A fixed number of threads behind one bounded queue: where blocking work (password hashing, files, models) goes.
class WorkPool {
public:
    /// `name` shows in the thread list (15 characters); `queue_limit` counts waiting items, not running ones.
    WorkPool(std::string name, std::size_t threads, std::size_t queue_limit, Priority priority = Priority::normal);
    ~WorkPool();  // runs what is queued, then joins
    WorkPool(const WorkPool&) = delete;
    WorkPool& operator=(const WorkPool&) = delete;

    /// False, without running `work`, when the queue is full or the pool is stopping. `work` must not throw.
    bool submit(std::move_only_function<void()> work);

private:
    void run();

    std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<std::move_only_function<void()>> queue_;
    std::size_t queue_limit_;
    bool stopping_ = false;
    std::vector<std::jthread> threads_;  // last: joined before the queue dies
};

}  // namespace agentic::async
