#pragma once
#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "async/types.hpp"

namespace agentic::async {

class Wakeup;

/// The only place where work is spawned that outlives its caller: counts it, logs what it throws, refuses more once closed, and is joined at stop.
/// Thread-safe: one group holds tasks of many I/O threads.
class TaskGroup {
public:
    explicit TaskGroup(std::string name);
    ~TaskGroup();  // nothing may be running any more: join first
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;

    /// Starts `task` on `executor`, from there on independent of the caller. False, and the task never runs, when the group is closed.
    bool spawn(IoExecutor executor, Awaitable<void> task);
    /// No more tasks from now on.
    void close();
    /// Closes and waits until the last task has ended.
    Awaitable<void> join();

    std::size_t size() const;

private:
    void finished(std::exception_ptr failure);

    std::string name_;
    mutable std::mutex mutex_;
    std::size_t running_ = 0;
    bool closed_ = false;
    std::vector<std::shared_ptr<Wakeup>> joining_;
};

}  // namespace agentic::async
