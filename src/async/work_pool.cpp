#include "async/work_pool.hpp"

#include <pthread.h>

#include <utility>

#include "async/scheduling.hpp"

namespace agentic::async {

WorkPool::WorkPool(std::string name, std::size_t threads, std::size_t queue_limit, Priority priority) : queue_limit_(queue_limit) {
    name.resize(std::min<std::size_t>(name.size(), 15));
    for (std::size_t i = 0; i < threads; ++i) {
        threads_.emplace_back([this, priority] {
            if (priority == Priority::background) yield_to_others();
            run();
        });
        ::pthread_setname_np(threads_.back().native_handle(), name.c_str());
    }
}

WorkPool::~WorkPool() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
}

bool WorkPool::submit(std::move_only_function<void()> work) {
    {
        const std::lock_guard lock(mutex_);
        if (stopping_ || queue_.size() >= queue_limit_) return false;
        queue_.push_back(std::move(work));
    }
    wake_.notify_one();
    return true;
}

void WorkPool::run() {
    std::unique_lock lock(mutex_);
    while (true) {
        wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        if (queue_.empty()) return;
        auto work = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        work();
        work = nullptr;  // captured objects die outside the lock
        lock.lock();
    }
}

}  // namespace agentic::async
