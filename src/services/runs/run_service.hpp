#pragma once
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "async/task_group.hpp"
#include "core/context.hpp"
#include "schemas/execute.hpp"
#include "services/runs/run_driver.hpp"
#include "services/runs/run_reader.hpp"

namespace agentic::services {

class RunRecovery;

/// The front door of runs: accepts, cancels, shows and follows them. Thread-safe; every I/O thread uses the same one. What it starts belongs to its
/// task group and to no request.
class RunService {
public:
    RunService(RunEnvironment environment, RunGateLimits limits);
    ~RunService();

    /// Stores the user's message and the run, starts working on it on the caller's I/O thread and answers at once: when this returns, the run is
    /// durable; and with it, in the same commit, that `claim` belongs to it. Fails with `not_found` (agent, conversation), `validation_error` (context),
    /// `conflict` (agent not active, conversation of another agent or busy under `reject`, `claim` taken over), `rate_limited` (too much is waiting),
    /// `unavailable` (no model configured, database away, stopping).
    Task<std::shared_ptr<LiveRun>> execute(OpContext& op, Uuid agent_id, schemas::ExecuteRequest request, std::optional<db::IdempotencyClaim> claim = std::nullopt);

    /// Fails with `not_found`, as the three below do: a run is visible to whom its conversation is.
    Task<db::RunRow> view(OpContext& op, Uuid run_id);
    /// Remembers the wish and stops the run where it is worked on; waits a moment, so that the row it answers usually says `cancelled`. A run that
    /// has ended stays as it is.
    Task<db::RunRow> cancel(OpContext& op, Uuid run_id);
    /// Answers when the run has ended or `timeout` has passed.
    Task<db::RunRow> wait(OpContext& op, Uuid run_id, std::chrono::milliseconds timeout);
    /// What the first caller of `execute` was answered, or will be: waits for the end, at most until `timeout` has passed.
    Task<RunEnd> end_of(OpContext& op, Uuid run_id, std::chrono::milliseconds timeout);
    /// Everything after sequence `after`, stored or live, as it comes.
    Task<RunReader> follow(OpContext& op, Uuid run_id, std::int64_t after);
    /// Of a run that was just accepted: no look at the database.
    RunReader follow(OpContext& op, std::shared_ptr<LiveRun> run, std::int64_t after);

    /// Whether the provider is configured for the asker's tenant.
    Awaitable<bool> can_call(OpContext& op, std::string provider);

    /// Takes over what dead processes left, keeps this one's leases alive and looks for more, until `stop`. Work it finds is spread over `executors`;
    /// its own loop runs on the first.
    Task<> start(std::vector<IoExecutor> executors);
    /// No new runs; waits up to `grace` for the live ones, then leaves the rest to the next process and waits until nothing runs any more.
    Awaitable<void> stop(std::chrono::milliseconds grace);

    /// The name under which this process holds leases, of runs and of jobs. Only between start and stop.
    Uuid worker_id() const;

    std::size_t live_runs() const { return hub_.size(); }
    const RunGate& gate() const { return gate_; }

private:
    friend class RunRecovery;

    Task<std::shared_ptr<LiveRun>> accept(OpContext& op, Uuid agent_id, schemas::ExecuteRequest request, std::optional<db::IdempotencyClaim> claim);
    Task<RunTask> new_task(OpContext& op, Uuid agent_id, const schemas::ExecuteRequest& request);
    Task<std::optional<db::ConversationRow>> conversation_of(OpContext& op, Uuid agent_id, const schemas::ExecuteRequest& request);
    Task<> take_places(OpContext& op, RunTask& task, OnBusy on_busy);
    Task<> wait_in_line(OpContext& op, RunTask& task, OnBusy on_busy);
    Task<> interrupt(OpContext& op, Uuid conversation_id);
    Task<> store_accepted(RunTask& task, std::optional<db::ConversationRow> created, std::optional<db::IdempotencyClaim> claim, OnBusy on_busy);
    bool spawn(RunTask task);
    Awaitable<void> drive(RunTask task);

    RunEnvironment env_;
    RunGate gate_;
    TurnLocks turns_;
    RunHub hub_;
    std::unique_ptr<RunRecovery> recovery_;   // from start on
    async::TaskGroup group_{"runs"};
    async::TaskGroup recovery_group_{"run_recovery"};
    std::atomic<bool> is_stopping_ = false;
};

}  // namespace agentic::services
