#pragma once
#include <string_view>

#include "services/jobs/job_task.hpp"

namespace agentic::services {

/// What a kind of job does. Thread-safe: jobs of one kind run beside each other.
class JobHandler {
public:
    virtual ~JobHandler() = default;
    virtual std::string_view kind() const = 0;

    /// Does the work. What it answers is committed together with the job's end, so a process that dies before has done nothing that counts, and the job is
    /// begun again: every other write must be fenced by the lease (JobRepository::hold_step) and be safe to repeat. A failure that may pass (`unavailable`,
    /// `upstream_error`, `deadline_exceeded`, `rate_limited`, `storage_full`, `internal_error`) is tried again; any other is the end.
    virtual Task<db::Batch> run(JobTask& task) = 0;

    /// What is stored with the end of a job that has failed for good.
    virtual db::Batch given_up(const JobTask& task, const Error& error, Timestamp now) = 0;

    /// The end is durable: completed, or given up.
    virtual Awaitable<void> ended(JobTask& task, bool completed) = 0;
};

}  // namespace agentic::services
