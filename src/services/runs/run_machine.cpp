#include "services/runs/run_machine.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "providers/llm/token_estimate.hpp"

namespace agentic::services {
namespace {

constexpr int kCommitTriesMax = 10;  // 100 ms doubling to 5 s: about half a minute of a database that is away
constexpr std::chrono::milliseconds kCommitDelayFirst{100};
constexpr std::chrono::milliseconds kCommitDelayMax{5'000};

Error error_of(ErrorCode code, std::string message) { return Error{.code = code, .public_message = std::move(message)}; }

/// Whether trying the same commit again may help.
bool is_transient(ErrorCode code) {
    return code == ErrorCode::unavailable || code == ErrorCode::storage_full || code == ErrorCode::deadline_exceeded || code == ErrorCode::internal_error;
}

bool leaves_row_alone(StopCause cause) { return cause == StopCause::lease_lost || cause == StopCause::shutdown; }

const llm::ToolUseBlock* first_tool_use(const std::vector<llm::Block>& blocks) {
    for (const auto& block : blocks) {
        if (const auto* use = std::get_if<llm::ToolUseBlock>(&block)) return use;
    }
    return nullptr;
}

/// The reason why an answer without any text is not an answer, or nullptr.
const char* empty_answer_reason(llm::StopReason reason) {
    switch (reason) {
        case llm::StopReason::refusal: return "The model refused to answer";
        case llm::StopReason::context_window: return "The conversation no longer fits into the model's context window";
        case llm::StopReason::max_tokens: return "The model used up max_tokens before it wrote an answer";
        default: return nullptr;
    }
}

}  // namespace

RunMachine::RunMachine(RunPlan plan)
    : plan_(std::move(plan)), iterations_(plan_.iterations), usage_(plan_.usage), turn_blocks_(std::move(plan_.turn_blocks)), warnings_(std::move(plan_.warnings)) {}

void RunMachine::stop(StopCause cause) {
    if (stop_ == StopCause::none) stop_ = cause;
}

RunAction RunMachine::resume(RunEvent event) {
    using namespace run_event;
    const bool is_committing = state_ == State::committing_step || state_ == State::committing_end;
    if (state_ == State::ready) {
        if (std::holds_alternative<Begin>(event)) return begin_step();
        if (auto* refused = std::get_if<Refused>(&event)) return end_with(RunStatus::failed, std::move(refused->error));
    }
    if (state_ == State::calling_model) {
        if (auto* answer = std::get_if<ModelAnswered>(&event)) return answered(std::move(answer->answer));
        if (auto* failed = std::get_if<ModelFailed>(&event)) return model_failed(std::move(*failed));
    }
    if (is_committing) {
        if (std::holds_alternative<Committed>(event)) return committed();
        if (std::holds_alternative<CommitFenced>(event)) return abandon("another process has taken the run over");
        if (auto* failed = std::get_if<CommitFailed>(&event)) return commit_failed(std::move(failed->error));
    }
    throw std::logic_error("run machine: event " + std::to_string(event.index()) + " in state " + std::to_string(std::to_underlying(state_)));
}

RunAction RunMachine::begin_step() {
    if (stop_ != StopCause::none) return end_stopped();
    if (iterations_ >= plan_.limits.max_iterations) {
        return end_with(RunStatus::failed, error_of(ErrorCode::quota_exceeded, "The run reached its limit of " + std::to_string(plan_.limits.max_iterations) +
                                                                                   " model calls (max_iterations) without an answer"));
    }
    state_ = State::calling_model;
    return run_action::CallModel{next_request()};
}

llm::Request RunMachine::next_request() const {
    llm::Request request = plan_.request;
    if (!turn_blocks_.empty()) request.messages.push_back({llm::MessageRole::assistant, turn_blocks_});
    return request;
}

RunAction RunMachine::answered(llm::Answer answer) {
    ++iterations_;
    usage_ = usage_ + answer.usage;
    uncommitted_call_ = ModelCall{.provider = plan_.request.endpoint.provider,
                                  .requested_model = plan_.request.model,
                                  .model = answer.model.empty() ? plan_.request.model : answer.model,
                                  .usage = answer.usage};
    std::ranges::move(answer.blocks, std::back_inserter(turn_blocks_));
    std::ranges::move(answer.citations, std::back_inserter(citations_));
    std::ranges::move(answer.warnings, std::back_inserter(warnings_));

    if (const auto* use = first_tool_use(turn_blocks_)) {
        return end_with(RunStatus::failed,
                        error_of(ErrorCode::upstream_error, "The model asked for the tool '" + use->name + "', but this agent has no tools configured"));
    }
    if (answer.stop_reason != llm::StopReason::pause) return complete(answer);
    state_ = State::committing_step;
    return commit(false);
}

RunAction RunMachine::complete(const llm::Answer& answer) {
    auto text = without_nul(llm::joined_text(turn_blocks_));
    if (const char* reason = empty_answer_reason(answer.stop_reason); text.empty() && reason != nullptr) {
        return end_with(RunStatus::failed, error_of(ErrorCode::upstream_error, reason));
    }
    outcome_.status = RunStatus::completed;
    outcome_.answer = RunAnswer{.text = std::move(text),
                                .blocks = turn_blocks_,
                                .citations = std::move(citations_),
                                .warnings = std::move(warnings_),
                                .model = uncommitted_call_->model,
                                .stop_reason = answer.stop_reason};
    state_ = State::committing_end;
    return commit(true);
}

RunAction RunMachine::model_failed(run_event::ModelFailed failed) {
    book_broken_call(failed);
    if (stop_ != StopCause::none) return end_stopped();
    // Out of time is its own end, whether our clock or the provider's client noticed first.
    const auto status = failed.error.code == ErrorCode::deadline_exceeded ? RunStatus::expired : RunStatus::failed;
    return end_with(status, std::move(failed.error));
}

/// Providers bill for what they have read and written until a call breaks off. What they refuse is free; what we cut off they were working on, even if
/// nothing had come yet.
void RunMachine::book_broken_call(const run_event::ModelFailed& failed) {
    if (!failed.heard) return;
    const auto& [reported, text] = *failed.heard;
    const bool was_cut_off = stop_ != StopCause::none || failed.error.code == ErrorCode::deadline_exceeded;
    if (!was_cut_off && !reported && text.empty()) return;
    const auto request = next_request();
    const auto usage = llm::usage_of_broken_call(request, reported, text);
    usage_ = usage_ + usage;
    uncommitted_call_ = ModelCall{.provider = request.endpoint.provider, .requested_model = request.model, .model = request.model, .usage = usage};
}

RunAction RunMachine::end_stopped() {
    if (leaves_row_alone(stop_)) return abandon(stop_ == StopCause::shutdown ? "this process is stopping" : "the lease was lost");
    switch (stop_) {
        case StopCause::deadline:
            return end_with(RunStatus::expired, error_of(ErrorCode::deadline_exceeded, "The run took longer than the agent's timeout_seconds"));
        case StopCause::interrupted:
            return end_with(RunStatus::cancelled, error_of(ErrorCode::cancelled, "The run was interrupted by a newer message in its conversation"));
        case StopCause::output_limit:
            return end_with(RunStatus::failed, error_of(ErrorCode::upstream_error, "The model wrote more than a run may hold"));
        default: return end_with(RunStatus::cancelled, error_of(ErrorCode::cancelled, "The run was cancelled"));
    }
}

RunAction RunMachine::end_with(RunStatus status, Error error) {
    outcome_ = RunOutcome{.status = status, .answer = std::nullopt, .error = std::move(error)};
    state_ = State::committing_end;
    return commit(true);
}

RunAction RunMachine::commit(bool is_end) {
    commit_tries_ = 0;
    if (is_end) return run_action::CommitEnd{.call = uncommitted_call_};
    return run_action::CommitStep{.call = uncommitted_call_};
}

RunAction RunMachine::committed() {
    uncommitted_call_.reset();
    if (state_ == State::committing_step) return begin_step();
    state_ = State::done;
    return run_action::Finish{};
}

RunAction RunMachine::commit_failed(Error error) {
    if (!is_transient(error.code) && !is_degraded_) {
        is_degraded_ = true;  // the answer has no place (its conversation is gone, say): at least the run ends, and says why
        return end_with(RunStatus::failed, error_of(error.code, "The answer could not be stored: " + error.public_message));
    }
    if (++commit_tries_ >= kCommitTriesMax || leaves_row_alone(stop_) || !is_transient(error.code)) {
        return abandon("its result could not be stored: " + error.public_message + " " + error.internal_context);
    }
    const auto delay = std::min(kCommitDelayMax, kCommitDelayFirst * (1 << (commit_tries_ - 1)));
    if (state_ == State::committing_step) return run_action::CommitStep{.call = uncommitted_call_, .delay = delay};
    return run_action::CommitEnd{.call = uncommitted_call_, .delay = delay};
}

RunAction RunMachine::abandon(std::string reason) {
    state_ = State::abandoned;
    return run_action::Abandon{std::move(reason)};
}

}  // namespace agentic::services
