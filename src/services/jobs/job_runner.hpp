#pragma once
#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "async/task_group.hpp"
#include "async/wakeup.hpp"
#include "core/clock.hpp"
#include "services/jobs/job_handler.hpp"

namespace agentic::services {

struct JobRunnerLimits {
    std::size_t running_max = 2;
    std::chrono::milliseconds poll{1'000};           // how soon what another process has put into the queue is seen
    std::chrono::milliseconds retry_delay{2'000};    // after the first failure; five times as long after each further one
    std::chrono::milliseconds look_after{5'000};     // for jobs of the dead, cancelled ones of ours, and those of ours that nobody works on
};

/// Hears of every attempt at a job when its work is done: "ok" or the code of its error.
using JobObserver = std::function<void(std::string_view kind, std::string_view outcome, std::chrono::steady_clock::duration took)>;

/// Works off the durable queue, tenants in turn, so that one with a thousand documents delays another's first by one job at most. Several processes share a
/// queue on PostgreSQL. Thread-safe.
class JobRunner {
public:
    /// `owner` answers the name under which this process holds leases: a row of run_workers with a heartbeat (docs/decisions/0006).
    JobRunner(const Clock& clock, db::Executor& db, std::function<Uuid()> owner, JobRunnerLimits limits = {});
    ~JobRunner();

    /// Before start. The handler outlives the runner.
    void add(JobHandler& handler);

    /// Before start.
    void observe(JobObserver observer) { observer_ = std::move(observer); }

    /// Takes back what dead processes had claimed and works until `stop`, spread over `executors`; its own loop runs on the first.
    void start(std::vector<IoExecutor> executors);
    /// No new jobs; those at work are stopped and go back into the queue, uncounted. Waits until nothing runs any more. Idempotent.
    Awaitable<void> stop();

    /// There is something new in the queue.
    void wake();
    /// These jobs are not running any more, as their rows say.
    void interrupt(const std::vector<Uuid>& jobs);

    std::size_t running() const;

private:
    /// A job in one attempt: when it was taken back and claimed again, both attempts may be here for a while.
    using Claim = std::pair<Uuid, std::int64_t>;
    static Claim claim_of(const JobTask& task) { return {task.row.id, task.row.attempts}; }

    Awaitable<void> loop();
    Awaitable<void> look_after();
    Awaitable<void> put_back(Uuid owner, std::vector<db::HeldJobRow> adrift);
    Awaitable<void> fill_places();
    Task<std::shared_ptr<JobTask>> claim_next();
    Awaitable<void> work(std::shared_ptr<JobTask> task);
    Awaitable<void> attempt(JobTask& task);
    Task<db::Batch> run_handler(JobHandler& handler, JobTask& task);
    Awaitable<void> end(JobHandler* handler, JobTask& task, Result<db::Batch> result);
    Awaitable<void> give_up(JobHandler* handler, JobTask& task, Error error);
    Awaitable<Result<void>> store(JobTask& task, db::Batch batch);
    std::size_t running_of(const Uuid& tenant) const;

    const Clock& clock_;
    db::Executor& db_;
    std::function<Uuid()> owner_;
    const JobRunnerLimits limits_;
    std::map<std::string, JobHandler*, std::less<>> handlers_;
    JobObserver observer_;
    std::vector<IoExecutor> executors_;
    std::size_t next_executor_ = 0;
    Uuid last_tenant_;                            // the loop's own
    std::chrono::steady_clock::time_point looked_after_{};
    std::set<Claim> adrift_;                      // the loop's own: ours by their rows, and in no task, when it last looked
    mutable std::mutex mutex_;
    std::map<Claim, std::shared_ptr<JobTask>> tasks_;
    std::weak_ptr<async::Wakeup> wakeup_;
    std::atomic<bool> stopping_ = false;
    async::TaskGroup loop_group_{"job_runner"};
    async::TaskGroup group_{"jobs"};
};

}  // namespace agentic::services
