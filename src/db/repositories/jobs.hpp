#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/vocabulary.hpp"
#include "db/executor.hpp"

namespace agentic::db {

/// A piece of work that survives the process.
struct JobRow {
    Uuid tenant_id;
    Uuid id;
    std::string kind;
    Uuid subject_id;                           // what it works on: one unfinished job of a kind for each
    JsonText payload{"{}"};
    JobState state = JobState::queued;
    std::int64_t priority = 0;                 // higher first
    std::int64_t attempts = 0;
    std::int64_t max_attempts = 3;
    Timestamp run_at;                          // not before
    std::optional<Uuid> lease_owner;
    std::optional<std::string> error;          // of the last attempt
    Timestamp created_at;
    Timestamp updated_at;
    std::optional<Timestamp> finished_at;
};

/// Who may write a job: the process that claimed it, in its attempt.
struct JobLease {
    Uuid job_id;
    Uuid owner;
    std::int64_t attempt = 0;
};

/// A job that an owner holds, in the attempt it is in.
struct HeldJobRow {
    Uuid tenant_id;
    Uuid id;
    std::int64_t attempts = 0;
};

/// The durable queue. Everything fails with the Executor's `unavailable` and `storage_full` too.
class JobRepository {
public:
    explicit JobRepository(Executor& db) : db_(db) {}

    // Steps of batches. Those with a lease fail the batch with `precondition_failed` when it is not the row's any more.

    /// Fails the batch with `conflict` when the subject has an unfinished job of the kind.
    static Step insert_step(TenantScope scope, JobRow row);
    static Step cancel_step(TenantScope scope, Uuid subject_id, std::optional<std::string_view> kind, Timestamp now);
    /// The jobs that a cancel_step cancelled.
    static std::vector<Uuid> read_cancelled(const Rows& rows);
    static Step hold_step(TenantScope scope, JobLease lease, Timestamp now);
    static Step finish_step(TenantScope scope, JobLease lease, JobState state, std::optional<std::string> error, Timestamp now);
    /// Keeps something for the next attempt.
    static Step note_step(TenantScope scope, JobLease lease, JsonText payload, Timestamp now);
    static Step again_step(TenantScope scope, JobLease lease, std::int64_t attempts, std::optional<std::string> error, Timestamp run_at, Timestamp now);

    static bool is_fenced(const Error& error);

    /// Of the tenants with work that is due, the first after `after`.
    Task<std::optional<Uuid>> next_tenant(SystemScope scope, Uuid after, Timestamp now);
    /// The tenant's most urgent job, which belongs to `owner` from now on; nullopt when there is none (any more).
    Task<std::optional<JobRow>> claim(TenantScope scope, Uuid owner, Timestamp now);
    /// Takes back what owners that are gone had claimed; answers how many.
    Task<std::int64_t> recover(SystemScope scope, Timestamp now);
    Task<std::vector<HeldJobRow>> held_by(SystemScope scope, Uuid owner);
    /// Deletes jobs that ended before then; answers how many.
    Task<std::int64_t> forget(SystemScope scope, Timestamp ended_before);

private:
    Executor& db_;
};

}  // namespace agentic::db
