#include "db/sqlite/writer.hpp"

#include <pthread.h>

#include <algorithm>

#include "async/scheduling.hpp"
#include "core/log.hpp"
#include "db/sqlite/errors.hpp"

namespace agentic::db::sqlite {
namespace {

constexpr std::size_t kGroupMax = 256;           // batches per commit: bounds how long the first one waits
constexpr int kCheckpointPages = 1000;           // 4 MiB of WAL
constexpr int kCheckpointPagesForced = 16'000;   // 64 MiB: wait for readers rather than let it grow
constexpr std::chrono::milliseconds kRecoveryPause{500};
#ifdef AGENTIC_FAULTS
constexpr std::chrono::milliseconds kFaultPause{20};
#endif

Error unavailable(std::string context) {
    return {.code = ErrorCode::unavailable, .public_message = "The database is not available", .internal_context = std::move(context), .violations = {}, .retry_after_s = 1};
}

}  // namespace

Writer::Writer(Options options, std::unique_ptr<Connection> connection, std::shared_ptr<const FenceSchema> fence)
    : options_(std::move(options)), connection_(std::move(connection)), fence_(std::move(fence)), queue_(options_.queue_limit) {
    connection_->set_fence(fence_);
    thread_ = std::jthread([this] { run(); });
    ::pthread_setname_np(thread_.native_handle(), "sqlite-writer");
}

Writer::~Writer() {
    queue_.close();
    thread_.join();
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
    if (const auto begun = connection_->control("BEGIN IMMEDIATE"); !begun) {
        suspect_ = is_storage_fault(connection_->last_code());
        return fail_group(group, begun.error());
    }
    for (std::size_t i = 0; i < group.size(); ++i) {
        run_job(*group[i]);
        if (connection_->in_transaction()) continue;
        // SQLite gave the whole transaction up (disk full, I/O error): what ran before is gone, too.
        suspect_ = suspect_ || is_storage_fault(connection_->last_code());
        const Error lost = group[i]->error.value_or(unavailable("the transaction was rolled back by SQLite"));
        return fail_group(group, lost);
    }
#ifdef AGENTIC_FAULTS
    if (options_.acknowledge_before_commit) return commit_too_late(group);
#endif
    commit(group);
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
    connection_.reset();
    auto opened = Connection::open(options_, Connection::Role::writer);
    if (opened) {
        connection_ = *std::move(opened);
        connection_->set_fence(fence_);
        const auto rewritten = connection_->checkpoint(Connection::Checkpoint::truncate);
        if (rewritten) {
            suspect_ = false;
            log::info("sqlite_recovered", "The database is writable again");
            return {};
        }
        last_fault_ = rewritten.error();
    } else {
        last_fault_ = opened.error();
    }
    return std::unexpected(last_fault_);
}

void Writer::checkpoint_if_due() {
    if (suspect_ || connection_->wal_pages() < kCheckpointPages) return;
    const auto kind = connection_->wal_pages() < kCheckpointPagesForced ? Connection::Checkpoint::passive : Connection::Checkpoint::restart;
    if (connection_->checkpoint(kind)) return;
    suspect_ = is_storage_fault(connection_->last_code());  // otherwise it is busy or full, and the next commit tries again
}

}  // namespace agentic::db::sqlite
