#pragma once
#include <condition_variable>
#include <mutex>
#include <vector>

#include "db/sqlite/job.hpp"

namespace agentic::db::sqlite {

/// A bounded queue of jobs between I/O threads and database threads. Nobody is woken who is not asleep.
class JobQueue {
public:
    explicit JobQueue(std::size_t limit) : limit_(limit) {}

    /// False when it is full or closed.
    bool push(Job& job);
    /// Takes everything, in order; waits for something. Empty: closed and drained.
    void take_all(std::vector<Job*>& out);
    /// Takes the oldest; nullptr: closed and drained.
    Job* take_one();
    void close();

private:
    void wait(std::unique_lock<std::mutex>& lock);

    std::mutex mutex_;
    std::condition_variable wake_;
    std::vector<Job*> jobs_;
    std::size_t head_ = 0;  // jobs_ before it were taken
    std::size_t limit_;
    std::size_t sleepers_ = 0;
    bool closed_ = false;
};

}  // namespace agentic::db::sqlite
