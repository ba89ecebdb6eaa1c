#pragma once
// The agent loop without any I/O: `resume(event)` says what to do next, the driver does it and comes back with the next event.
//
//     ready --Begin--> calling_model --ModelAnswered--> committing_end --Committed--> done      (ready --Refused--> committing_end)
//                        |    ^  \--- paused turn ---> committing_step --Committed--> calling_model
//                        |    (tool calls will add running_tools between calling_model and committing_step)
//                        \--ModelFailed--> committing_end
//     a commit: --CommitFailed--> the same commit again, later;  --CommitFenced--> abandoned (another process owns the run)
#include <chrono>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "services/runs/run_types.hpp"

namespace agentic::services {

/// Where a run is stopped, besides the wall clock, which the driver watches. Checked before each model call, so a run overshoots by one step at most.
struct RunLimits {
    std::int64_t max_iterations = 10;    // model calls
};

/// Everything the machine needs to know, fixed when an attempt starts.
struct RunPlan {
    llm::Request request;                  // complete but for this turn's own messages; `messages` ends with the user's
    RunLimits limits;
    std::vector<llm::Block> turn_blocks;   // of this turn, committed by an earlier attempt
    std::int64_t iterations = 0;           // model calls committed by earlier attempts
    llm::Usage usage;                      // of those
    std::vector<std::string> warnings;     // of what came before the first call
};

namespace run_event {
struct Begin {};
struct Refused { Error error; };       // instead of Begin: this run cannot be worked on (any more)
struct ModelAnswered { llm::Answer answer; };
struct ModelFailed {
    Error error;
    std::optional<HeardOfCall> heard;  // none: the call was never made
};
struct Committed {};
struct CommitFailed { Error error; };  // nothing was written; trying again is safe
struct CommitFenced {};                // the row is no longer ours
}  // namespace run_event
using RunEvent = std::variant<run_event::Begin, run_event::Refused, run_event::ModelAnswered, run_event::ModelFailed, run_event::Committed, run_event::CommitFailed,
                              run_event::CommitFenced>;

namespace run_action {
struct CallModel { llm::Request request; };
/// Make this step durable before the next one starts.
struct CommitStep {
    std::optional<ModelCall> call;
    std::chrono::milliseconds delay{0};
};
/// Make the end durable; nobody hears of it before.
struct CommitEnd {
    std::optional<ModelCall> call;
    std::chrono::milliseconds delay{0};
};
struct Finish {};
/// Stop without touching the row.
struct Abandon { std::string reason; };
}  // namespace run_action
using RunAction = std::variant<run_action::CallModel, run_action::CommitStep, run_action::CommitEnd, run_action::Finish, run_action::Abandon>;

class RunMachine {
public:
    enum class State : std::uint8_t { ready, calling_model, committing_step, committing_end, done, abandoned };

    explicit RunMachine(RunPlan plan);

    /// The next action. An event that cannot happen in this state is a bug of the driver: std::logic_error.
    RunAction resume(RunEvent event);
    /// Asks for a stop; the first cause wins. It takes effect with the next event: an answer that is already there is kept.
    void stop(StopCause cause);

    State state() const { return state_; }
    StopCause stop_cause() const { return stop_; }
    std::int64_t iterations() const { return iterations_; }
    const llm::Usage& usage() const { return usage_; }
    /// This turn's blocks so far: what a step commit makes durable.
    const std::vector<llm::Block>& turn_blocks() const { return turn_blocks_; }
    /// Valid from committing_end on.
    const RunOutcome& outcome() const { return outcome_; }

private:
    RunAction begin_step();
    RunAction answered(llm::Answer answer);
    RunAction model_failed(run_event::ModelFailed failed);
    void book_broken_call(const run_event::ModelFailed& failed);
    RunAction committed();
    RunAction commit_failed(Error error);
    RunAction commit(bool is_end);
    RunAction end_with(RunStatus status, Error error);
    RunAction end_stopped();
    RunAction complete(const llm::Answer& answer);
    RunAction abandon(std::string reason);
    llm::Request next_request() const;

    RunPlan plan_;
    State state_ = State::ready;
    StopCause stop_ = StopCause::none;
    std::int64_t iterations_ = 0;
    llm::Usage usage_;
    std::vector<llm::Block> turn_blocks_;
    std::vector<llm::Citation> citations_;
    std::vector<std::string> warnings_;
    std::optional<ModelCall> uncommitted_call_;
    int commit_tries_ = 0;
    bool is_degraded_ = false;  // ending as failed because the real end could not be stored
    RunOutcome outcome_;
};

}  // namespace agentic::services
