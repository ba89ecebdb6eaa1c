#include "db/sqlite/writer.hpp"

#include <pthread.h>

#include <algorithm>

#include "async/scheduling.hpp"
#include "core/log.hpp"
#include "db/sqlite/errors.hpp"

namespace agentic::db::sqlite {
namespace {

constexpr std::size_t kGroupMax = 256;           // batches per commit: bounds how long the first one waits
constexpr int kLogPagesMax = 16'000;             // 64 MiB: wait rather than let it grow
constexpr std::chrono::milliseconds kRecoveryPause{500};
#ifdef AGENTIC_FAULTS
constexpr std::chrono::milliseconds kFaultPause{20};
#endif

Error unavailable(std::string context) {
    return {.code = ErrorCode::unavailable, .public_message = "The database is not available", .internal_context = std::move(context), .violations = {}, .retry_after_s = 1};
}

}  // namespace

Writer::Writer(Options options, std::unique_ptr<Connection> connection, std::unique_ptr<Checkpointer> checkpointer, std::shared_ptr<const FenceSchema> fence)
    : options_(std::move(options)),
      connection_(std::move(connection)),
      checkpointer_(std::move(checkpointer)),
      fence_(std::move(fence)),
      queue_(options_.queue_limit) {
    connection_->set_fence(fence_);
    thread_ = std::jthread([this] { run(); });
    ::pthread_setname_np(thread_.native_handle(), "sqlite-writer");
}

Writer::~Writer() {
    queue_.close();
    thread_.join();
    checkpointer_.reset();
    if (connection_ != nullptr && !suspect_) {
        if (const auto done = connection_->checkpoint(Connection::Checkpoint::truncate); !done) {
            log::warning("sqlite_checkpoint", "The last checkpoint failed; the next start replays the log", {{"error", done.error().internal_context}});
        }
    }
}

void Writer::run() {
    async::prefer_short_turns();
    std::vector<Job*> jobs;
    while (true) {
        queue_.take_all(jobs);
        if (jobs.empty()) return;
        for (Job* const job : jobs) job->fail_if_late(options_.queue_timeout);
        for (std::size_t begin = 0; begin < jobs.size(); begin += kGroupMax) {
            auto group = std::span(jobs).subspan(begin, std::min(kGroupMax, jobs.size() - begin));
            run_group(group);
            complete(group);
        }
        jobs.clear();
        checkpoint_if_due();
    }
}

void Writer::run_group(std::span<Job*>& group) {
    if (suspect_) {
        if (const auto recovered = recover(); !recovered) return fail_group(group, recovered.error());
    }
    while (!run_transaction(group)) {}
}

/// Runs those of the group that have not failed. False when SQLite gave the whole transaction up for a fault of one of them alone: that one has failed,
/// and the others are to be run again.
bool Writer::run_transaction(std::span<Job*>& group) {
    if (const auto begun = connection_->control("BEGIN IMMEDIATE"); !begun) {
        suspect_ = is_storage_fault(connection_->last_code());
        return fail_group(group, begun.error()), true;
    }
    for (Job* const job : group) {
        if (!job->succeeded()) continue;
        run_job(*job);
        if (connection_->in_transaction()) continue;
        suspect_ = suspect_ || is_storage_fault(connection_->last_code());
        if (job->succeeded()) job->error = unavailable("the transaction was rolled back by SQLite");
        const Error why = job->error.value_or(unavailable("a batch of the group threw"));
        if (!suspect_ && why.code != ErrorCode::storage_full) return false;  // it took too long, say
        return fail_group(group, why), true;
    }
#ifdef AGENTIC_FAULTS
    if (options_.acknowledge_before_commit) return commit_too_late(group), true;
#endif
    commit(group);
    return true;
}

#ifdef AGENTIC_FAULTS
/// The planted bug: the callers resume before the COMMIT. The group is empty afterwards, so nobody is answered twice.
void Writer::commit_too_late(std::span<Job*>& group) {
    complete(group);
    group = {};
    std::this_thread::sleep_for(kFaultPause);
    static_cast<void>(connection_->control("COMMIT"));
}
#endif

void Writer::run_job(Job& job) {
    if (const auto opened = connection_->control("SAVEPOINT batch"); !opened) {
        job.error = opened.error();
        return;
    }
    run_steps(job);
    if (!job.succeeded()) return roll_back_savepoint(job);
    if (const auto released = connection_->control("RELEASE batch"); !released) {
        job.error = released.error();
        roll_back_savepoint(job);
    }
}

void Writer::run_steps(Job& job) {
    try {
        if (auto done = connection_->run(job.scope, job.steps, job.rows); !done) {
            job.error = std::move(done).error();
        } else if (connection_->has_deferred_violations()) {  // would fail the COMMIT of the whole group
            job.error = fail(ErrorCode::conflict, "Something this refers to does not exist, or is still in use", "deferred foreign key").error();
        }
    } catch (...) {
        job.failure = std::current_exception();
    }
}

void Writer::roll_back_savepoint(Job& job) {
    if (!connection_->in_transaction()) return;
    auto undone = connection_->control("ROLLBACK TO batch").and_then([&] { return connection_->control("RELEASE batch"); });
    if (undone) return;
    job.error = undone.error();  // cannot tell what is left in the transaction: give it up, run_group fails the others
    suspect_ = true;
    static_cast<void>(connection_->control("ROLLBACK"));
}

void Writer::commit(std::span<Job* const> group) {
    const auto committed = connection_->control("COMMIT");
    if (committed) return mark_changes(group);
    suspect_ = is_storage_fault(connection_->last_code());  // a full disk wrote nothing that could be half there
    log::error("sqlite_commit", "A commit failed; no write in it was acknowledged", {{"error", committed.error().internal_context}, {"batches", group.size()}});
    if (connection_->in_transaction()) static_cast<void>(connection_->control("ROLLBACK"));
    fail_group(group, committed.error());
}

/// After the commit and before any acknowledgement: who has been told of a write never sees an older mark.
void Writer::mark_changes(std::span<Job* const> group) {
    for (const Job* const job : group) {
        if (!job->succeeded()) continue;
        for (const Step& step : job->steps) {
            if (step.statement.writes) changes_.bump(job->scope, step.statement.table);
        }
    }
}

void Writer::fail_group(std::span<Job* const> group, const Error& error) {
    for (Job* const job : group) {
        if (job->succeeded()) job->error = error;
    }
}

/// After a failed write or fsync the kernel may have dropped pages that look written. A new connection and a full checkpoint write all of them
/// again, and only when that was synced are commits taken again. Tried at most every kRecoveryPause.
Result<void> Writer::recover() {
    const auto now = std::chrono::steady_clock::now();
    if (now < next_recovery_) return std::unexpected(last_fault_);
    next_recovery_ = now + kRecoveryPause;
    if (checkpointer_->has_begun()) checkpointer_->await_end();
    connection_.reset();
    auto opened = Connection::open(options_, Connection::Role::writer);
    if (opened) {
        connection_ = *std::move(opened);
        connection_->set_fence(fence_);
        const auto rewritten = connection_->checkpoint(Connection::Checkpoint::truncate);
        if (rewritten) {  // or there was nothing to write, and the next commit will tell
            suspect_ = false;
            last_fault_ = unavailable("the disk failed a moment ago");
            log::info("sqlite_recovered", "The database is writable again");
            return {};
        }
        last_fault_ = rewritten.error();
    } else {
        last_fault_ = opened.error();
    }
    return std::unexpected(last_fault_);
}

/// Most of the log is copied beside the commits. What they add meanwhile is copied here, so that the next commit can start the log anew.
void Writer::checkpoint_if_due() {
    if (suspect_) return;
    const bool too_long = connection_->wal_pages() >= kLogPagesMax;
    if (!checkpointer_->has_begun()) {
        if (connection_->wal_pages() >= options_.checkpoint_pages) checkpointer_->begin();
        return;
    }
    const auto end = too_long ? checkpointer_->await_end() : checkpointer_->take_end();
    if (!end) return;
    const bool copied = end->result && connection_->checkpoint(too_long ? Connection::Checkpoint::restart : Connection::Checkpoint::passive);
    if (copied) return;
    suspect_ = is_storage_fault(end->result ? connection_->last_code() : end->code);  // otherwise it is busy or full, and is tried again
}

}  // namespace agentic::db::sqlite
