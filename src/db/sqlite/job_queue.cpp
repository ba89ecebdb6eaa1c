#include "db/sqlite/job_queue.hpp"

namespace agentic::db::sqlite {

bool JobQueue::push(Job& job) {
    bool sleeping = false;
    {
        const std::lock_guard lock(mutex_);
        if (closed_ || jobs_.size() - head_ >= limit_) return false;
        jobs_.push_back(&job);
        sleeping = sleepers_ > 0;
    }
    if (sleeping) wake_.notify_one();
    return true;
}

void JobQueue::wait(std::unique_lock<std::mutex>& lock) {
    while (!closed_ && head_ == jobs_.size()) {
        ++sleepers_;
        wake_.wait(lock);
        --sleepers_;
    }
}

void JobQueue::take_all(std::vector<Job*>& out) {
    std::unique_lock lock(mutex_);
    wait(lock);
    out.swap(jobs_);
    jobs_.clear();
}

Job* JobQueue::take_one() {
    std::unique_lock lock(mutex_);
    wait(lock);
    if (head_ == jobs_.size()) return nullptr;
    Job* const job = jobs_[head_++];
    if (head_ == jobs_.size()) {
        jobs_.clear();
        head_ = 0;
    } else if (head_ >= limit_) {  // keeps the consumed front from growing without end
        jobs_.erase(jobs_.begin(), jobs_.begin() + static_cast<std::ptrdiff_t>(head_));
        head_ = 0;
    }
    return job;
}

void JobQueue::close() {
    {
        const std::lock_guard lock(mutex_);
        closed_ = true;
    }
    wake_.notify_all();
}

}  // namespace agentic::db::sqlite
