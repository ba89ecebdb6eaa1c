#pragma once
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "db/sqlite/connection.hpp"
#include "db/sqlite/job_queue.hpp"

namespace agentic::db::sqlite {

/// The reading side: connections that can neither write nor checkpoint. A few threads behind a queue, and a connection for each calling thread:
/// what is found by a key takes microseconds, a hop to another thread and back takes more. With Options::inline_reads everything is read there.
class Readers {
public:
    static Result<std::unique_ptr<Readers>> create(const Options& options, std::shared_ptr<const FenceSchema> fence);
    ~Readers();  // finishes the queue, closes the connections; no inline call may be running

    bool submit(Job& job) { return queue_.push(job); }
    bool runs_here(std::span<const Step> steps) const;
    /// On the calling thread's own connection, made at its first call.
    Result<void> run_here(Job& job);

private:
    Readers(const Options& options, std::shared_ptr<const FenceSchema> fence);
    Result<Connection*> add_connection();
    void serve(Connection& connection);

    Options options_;
    std::shared_ptr<const FenceSchema> fence_;
    const std::uint64_t serial_;  // tells this object from a dead one at the same address, in the threads' caches
    std::mutex mutex_;
    std::vector<std::unique_ptr<Connection>> connections_;  // guarded by mutex_; each used by one thread
    JobQueue queue_;
    std::vector<std::jthread> threads_;  // last: joined before the rest dies
};

}  // namespace agentic::db::sqlite
