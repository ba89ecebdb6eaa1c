#include "async/task_group.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <cassert>

#include "async/wakeup.hpp"
#include "core/log.hpp"

namespace agentic::async {

TaskGroup::TaskGroup(std::string name) : name_(std::move(name)) {}

TaskGroup::~TaskGroup() = default;

bool TaskGroup::spawn(IoExecutor executor, Awaitable<void> task) {
    {
        const std::scoped_lock lock(mutex_);
        if (closed_) return false;
        ++running_;
    }
    asio::co_spawn(executor, std::move(task), [this](std::exception_ptr failure) { finished(std::move(failure)); });
    return true;
}

void TaskGroup::finished(std::exception_ptr failure) {
    if (failure) {
        try {
            std::rethrow_exception(failure);
        } catch (const std::exception& error) {
            log::error("task_failed", "A background task ended with an exception", {{"group", name_}, {"error", error.what()}});
        } catch (...) {
            log::error("task_failed", "A background task ended with an unknown exception", {{"group", name_}});
        }
    }
    const std::scoped_lock lock(mutex_);
    // Rung under the lock: whoever joins may destroy the group as soon as it sees zero, and sees it only after this lock is free.
    if (--running_ == 0) {
        for (const auto& waiter : joining_) waiter->ring();
        joining_.clear();
    }
}

void TaskGroup::close() {
    const std::scoped_lock lock(mutex_);
    closed_ = true;
}

Awaitable<void> TaskGroup::join() {
    auto waiter = Wakeup::create(co_await asio::this_coro::executor);
    {
        const std::scoped_lock lock(mutex_);
        closed_ = true;
        if (running_ == 0) co_return;
        joining_.push_back(waiter);
    }
    while (size() != 0) {
        co_await waiter->wait(std::chrono::steady_clock::time_point::max());
    }
}

std::size_t TaskGroup::size() const {
    const std::scoped_lock lock(mutex_);
    return running_;
}

}  // namespace agentic::async
