#pragma once
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "db/sqlite/change_marks.hpp"
#include "db/sqlite/checkpointer.hpp"
#include "db/sqlite/connection.hpp"
#include "db/sqlite/job_queue.hpp"

namespace agentic::db::sqlite {

/// The one thread that changes the database. It takes every waiting batch, runs each in a savepoint of its own, commits once and only then answers:
/// many acknowledgements per fsync, and none before it. A batch that fails takes only itself back; a disk that fails, or a COMMIT, fails them all.
class Writer {
public:
    Writer(Options options, std::unique_ptr<Connection> connection, std::unique_ptr<Checkpointer> checkpointer, std::shared_ptr<const FenceSchema> fence);
    ~Writer();  // finishes the queue, checkpoints, closes the connection

    bool submit(Job& job) { return queue_.push(job); }
    const ChangeMarks& changes() const { return changes_; }

private:
    void run();
    void run_group(std::span<Job*>& group);
    bool run_transaction(std::span<Job*>& group);
#ifdef AGENTIC_FAULTS
    void commit_too_late(std::span<Job*>& group);
#endif
    void run_job(Job& job);
    void run_steps(Job& job);
    void commit(std::span<Job* const> group);
    void mark_changes(std::span<Job* const> group);
    void roll_back_savepoint(Job& job);
    static void fail_group(std::span<Job* const> group, const Error& error);
    Result<void> recover();
    void checkpoint_if_due();

    Options options_;
    std::unique_ptr<Connection> connection_;
    std::unique_ptr<Checkpointer> checkpointer_;
    std::shared_ptr<const FenceSchema> fence_;
    bool suspect_ = false;  // the disk failed: nothing is committed until a checkpoint has rewritten and synced everything
    Error last_fault_;
    std::chrono::steady_clock::time_point next_recovery_{};
    ChangeMarks changes_;
    JobQueue queue_;
    std::jthread thread_;  // last: joined before the rest dies
};

}  // namespace agentic::db::sqlite
