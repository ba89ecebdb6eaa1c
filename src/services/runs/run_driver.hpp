#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "async/types.hpp"
#include "core/clock.hpp"
#include "db/repositories/agents.hpp"
#include "db/repositories/runs.hpp"
#include "services/runs/event_log.hpp"
#include "services/runs/live_run.hpp"
#include "services/runs/models.hpp"
#include "services/runs/passages.hpp"
#include "services/runs/prompt.hpp"
#include "services/runs/run_gate.hpp"
#include "services/runs/run_machine.hpp"
#include "services/runs/run_records.hpp"
#include "services/runs/turn_locks.hpp"

namespace agentic::services {

/// Hears of every run that this process has brought to its durable end, on the run's thread. `took` is how long it was here.
using RunObserver = std::function<void(TenantScope tenant, RunStatus status, const llm::Usage& usage, std::chrono::steady_clock::duration took)>;

/// What running a run takes; owned by the application.
struct RunEnvironment {
    const Clock& clock;
    db::Executor& db;
    llm::LlmClient& llm;
    ModelEndpoints& endpoints;
    const ModelFacts& facts;
    PassageSource* passages = nullptr;           // null: agents have no collections to search
    RunObserver observer = {};
};

/// A run with everything its driver needs, and the places it holds: they are given back when it dies.
struct RunTask {
    std::shared_ptr<LiveRun> live;
    TenantScope tenant;
    db::RunRow row;                              // as stored, with the lease
    db::AgentRow agent;
    llm::Endpoint endpoint;
    PromptContext context;
    std::vector<db::PastMessageRow> past;        // up to and with the user's message; read when the turn begins
    bool needs_past = false;                     // its conversation is older than the run
    std::int64_t confirmed_sequence = 0;         // the last event an earlier attempt stored
    std::optional<Error> refused;                // end it at once, for this reason
    std::optional<TurnLocks::Place> place;       // while it waits for its turn
    std::optional<Turn> turn;
    std::optional<RunPermit> permit;
    std::chrono::steady_clock::time_point accepted_at;
};

/// Drives one run from wherever it stands to its end: does what the RunMachine says. Lives in the coroutine that runs it, on the run's home thread.
class RunDriver {
public:
    RunDriver(RunEnvironment environment, RunGate& gate, RunTask task)
        : env_(environment), gate_(gate), task_(std::move(task)), log_(task_.live->channel, std::max<std::int64_t>(task_.row.attempt, 1)) {}

    /// True when the run's end is durable. False when it was left as it is (lease lost, stopping, database away): its channel is still open.
    Awaitable<bool> run();

private:
    enum class Ready : std::uint8_t { yes, lost };

    Awaitable<Ready> get_ready();
    Awaitable<bool> wait_for_places();
    Awaitable<Ready> begin_queued();
    Awaitable<Ready> not_begun(Error error, int tries);
    Awaitable<Ready> read_past();
    Awaitable<void> find_passages();
    Awaitable<void> pause(std::chrono::milliseconds delay);
    Awaitable<bool> conduct();
    Awaitable<RunEvent> call_model(llm::Request request);
    template <class T>
    Task<T> guarded(Task<T> work, const char* what);
    Awaitable<RunEvent> commit_step(run_action::CommitStep action);
    Awaitable<RunEvent> commit_end(run_action::CommitEnd action);
    Awaitable<RunEvent> store(db::Batch batch, RunStatus status);
    Task<db::RunRow> find_row();
    Task<std::vector<db::Rows>> write(db::Batch batch);
    RunPlan plan();
    void on_delta(const llm::Delta& delta);
    void show_start();
    std::optional<PricedCall> price(const std::optional<ModelCall>& call) const;
    db::RunEndRecord end_record(std::int64_t cost_micros) const;
    db::MessageRow answer_message(const RunAnswer& answer, const std::vector<schemas::RunCitation>& citations) const;
    std::int64_t latency_ms() const;

    RunEnvironment env_;
    RunGate& gate_;
    RunTask task_;
    EventLog log_;
    std::optional<RunMachine> machine_;
    std::vector<FoundPassage> found_;            // in the agent's collections
    std::vector<std::string> search_warnings_;
    HeardOfCall heard_;                          // of the current one
    std::optional<db::MessageRow> message_;      // the answer, the same in every try to store it
    std::chrono::steady_clock::time_point deadline_{};
};

}  // namespace agentic::services
