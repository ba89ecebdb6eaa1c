#include "services/runs/run_machine.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

namespace agentic::services {
namespace {

using namespace run_event;
using State = RunMachine::State;

llm::Answer answer_of(std::string text, llm::StopReason reason = llm::StopReason::end_turn) {
    llm::Answer answer{.stop_reason = reason, .usage = {.input_tokens = 10, .output_tokens = 5}, .model = "model-1"};
    if (!text.empty()) answer.blocks.emplace_back(llm::TextBlock{std::move(text)});
    return answer;
}

RunPlan plan_with(std::int64_t max_iterations = 3) {
    RunPlan plan;
    plan.request.model = "model";
    plan.request.messages.push_back({llm::MessageRole::user, {llm::TextBlock{"Hi"}}});
    plan.limits.max_iterations = max_iterations;
    return plan;
}

/// Takes a fresh machine to `state`.
RunMachine machine_in(State state) {
    RunMachine machine(plan_with());
    if (state == State::ready) return machine;
    machine.resume(Begin{});
    if (state == State::calling_model) return machine;
    if (state == State::committing_step) {
        machine.resume(ModelAnswered{answer_of("part", llm::StopReason::pause)});
        return machine;
    }
    machine.resume(ModelAnswered{answer_of("done")});
    if (state == State::done) machine.resume(Committed{});
    if (state == State::abandoned) machine.resume(CommitFenced{});
    return machine;
}

TEST(RunMachine, AnswersWithOneCall) {
    RunMachine machine(plan_with());
    auto call = machine.resume(Begin{});
    ASSERT_TRUE(std::holds_alternative<run_action::CallModel>(call));
    EXPECT_EQ(std::get<run_action::CallModel>(call).request.messages.size(), 1U);
    auto commit = machine.resume(ModelAnswered{answer_of("Hello")});
    ASSERT_TRUE(std::holds_alternative<run_action::CommitEnd>(commit));
    EXPECT_EQ(std::get<run_action::CommitEnd>(commit).call->model, "model-1");
    EXPECT_EQ(machine.outcome().status, RunStatus::completed);
    EXPECT_EQ(machine.outcome().answer->text, "Hello");
    EXPECT_TRUE(std::holds_alternative<run_action::Finish>(machine.resume(Committed{})));
    EXPECT_EQ(machine.state(), State::done);
    EXPECT_EQ(machine.iterations(), 1);
}

TEST(RunMachine, ContinuesAPausedTurnWithWhatWasWritten) {
    RunMachine machine(plan_with());
    machine.resume(Begin{});
    auto step = machine.resume(ModelAnswered{answer_of("one ", llm::StopReason::pause)});
    ASSERT_TRUE(std::holds_alternative<run_action::CommitStep>(step));
    auto call = machine.resume(Committed{});
    ASSERT_TRUE(std::holds_alternative<run_action::CallModel>(call));
    const auto& messages = std::get<run_action::CallModel>(call).request.messages;
    ASSERT_EQ(messages.size(), 2U);
    EXPECT_EQ(messages[1].role, llm::MessageRole::assistant);
    machine.resume(ModelAnswered{answer_of("two")});
    EXPECT_EQ(machine.outcome().answer->text, "one two");
    EXPECT_EQ(machine.usage().input_tokens, 20);
    EXPECT_EQ(machine.iterations(), 2);
}

TEST(RunMachine, ContinuesWhereAnEarlierAttemptStood) {
    auto plan = plan_with();
    plan.turn_blocks.emplace_back(llm::TextBlock{"one "});
    plan.iterations = 1;
    plan.usage.input_tokens = 7;
    RunMachine machine(std::move(plan));
    auto call = machine.resume(Begin{});
    EXPECT_EQ(std::get<run_action::CallModel>(call).request.messages.size(), 2U);
    machine.resume(ModelAnswered{answer_of("two")});
    EXPECT_EQ(machine.outcome().answer->text, "one two");
    EXPECT_EQ(machine.usage().input_tokens, 17);
}

TEST(RunMachine, StopsAtMaxIterations) {
    RunMachine machine(plan_with(1));
    machine.resume(Begin{});
    machine.resume(ModelAnswered{answer_of("part", llm::StopReason::pause)});
    EXPECT_TRUE(std::holds_alternative<run_action::CommitEnd>(machine.resume(Committed{})));
    EXPECT_EQ(machine.outcome().status, RunStatus::failed);
    EXPECT_EQ(machine.outcome().error.code, ErrorCode::quota_exceeded);
    EXPECT_NE(machine.outcome().error.public_message.find("max_iterations"), std::string::npos);
}

TEST(RunMachine, EndsAToolCallNamingThatNoToolsAreConfigured) {
    RunMachine machine(plan_with());
    machine.resume(Begin{});
    auto answer = answer_of("", llm::StopReason::tool_use);
    answer.blocks.emplace_back(llm::ToolUseBlock{"t1", "search", {"{}"}});
    auto commit = machine.resume(ModelAnswered{std::move(answer)});
    EXPECT_TRUE(std::get<run_action::CommitEnd>(commit).call.has_value());  // the call is paid for all the same
    EXPECT_EQ(machine.outcome().status, RunStatus::failed);
    EXPECT_NE(machine.outcome().error.public_message.find("'search'"), std::string::npos);
    EXPECT_NE(machine.outcome().error.public_message.find("no tools configured"), std::string::npos);
}

TEST(RunMachine, AnEmptyRefusalIsAFailureAndAnEmptyAnswerIsNot) {
    for (const auto reason : {llm::StopReason::refusal, llm::StopReason::context_window, llm::StopReason::max_tokens}) {
        RunMachine machine(plan_with());
        machine.resume(Begin{});
        machine.resume(ModelAnswered{answer_of("", reason)});
        EXPECT_EQ(machine.outcome().status, RunStatus::failed) << to_string(reason);
    }
    RunMachine machine(plan_with());
    machine.resume(Begin{});
    machine.resume(ModelAnswered{answer_of("")});
    EXPECT_EQ(machine.outcome().status, RunStatus::completed);
}

TEST(RunMachine, AFailedCallFailsTheRunAndATimedOutOneExpiresIt) {
    auto failed = machine_in(State::calling_model);
    failed.resume(ModelFailed{{.code = ErrorCode::upstream_error, .public_message = "boom"}, {}});
    EXPECT_EQ(failed.outcome().status, RunStatus::failed);
    EXPECT_EQ(failed.outcome().error.public_message, "boom");
    auto expired = machine_in(State::calling_model);
    expired.resume(ModelFailed{{.code = ErrorCode::deadline_exceeded}, {}});
    EXPECT_EQ(expired.outcome().status, RunStatus::expired);
}

TEST(RunMachine, AStopDecidesHowAFailedCallEnds) {
    const std::pair<StopCause, RunStatus> cases[] = {{StopCause::cancel_requested, RunStatus::cancelled},
                                                     {StopCause::interrupted, RunStatus::cancelled},
                                                     {StopCause::deadline, RunStatus::expired},
                                                     {StopCause::output_limit, RunStatus::failed}};
    for (const auto& [cause, status] : cases) {
        auto machine = machine_in(State::calling_model);
        machine.stop(cause);
        machine.stop(StopCause::shutdown);  // the first cause wins
        machine.resume(ModelFailed{{.code = ErrorCode::cancelled}, {}});
        EXPECT_EQ(machine.outcome().status, status);
    }
}

TEST(RunMachine, ShutdownAndALostLeaseLeaveTheRowAlone) {
    for (const auto cause : {StopCause::shutdown, StopCause::lease_lost}) {
        auto machine = machine_in(State::calling_model);
        machine.stop(cause);
        EXPECT_TRUE(std::holds_alternative<run_action::Abandon>(machine.resume(ModelFailed{{.code = ErrorCode::cancelled}, {}})));
        EXPECT_EQ(machine.state(), State::abandoned);
        auto early = machine_in(State::ready);
        early.stop(cause);
        EXPECT_TRUE(std::holds_alternative<run_action::Abandon>(early.resume(Begin{})));
    }
}

/// What the run that ends with `failed` books.
std::optional<ModelCall> booked(StopCause stop, ErrorCode code, std::optional<HeardOfCall> heard) {
    auto machine = machine_in(State::calling_model);
    machine.stop(stop);
    auto action = machine.resume(ModelFailed{{.code = code}, std::move(heard)});
    const auto call = std::get<run_action::CommitEnd>(action).call;
    EXPECT_EQ(machine.usage().input_tokens, call ? call->usage.input_tokens : 0);
    return call;
}

TEST(RunMachine, BooksWhatABrokenCallHadUsed) {
    const llm::Usage reported{.input_tokens = 1'000, .output_tokens = 1, .cache_read_tokens = 900};
    const auto broken = booked(StopCause::none, ErrorCode::upstream_error, HeardOfCall{reported, "one two three four"});
    ASSERT_TRUE(broken.has_value());
    EXPECT_EQ(broken->model, "model");
    EXPECT_EQ(broken->usage.input_tokens, 1'000);
    EXPECT_EQ(broken->usage.cache_read_tokens, 900);
    EXPECT_GE(broken->usage.output_tokens, 4) << "more was written than reported";
    EXPECT_TRUE(broken->usage.estimated);
    const auto unreported = booked(StopCause::none, ErrorCode::upstream_error, HeardOfCall{{}, "one two three four"});
    ASSERT_TRUE(unreported.has_value());
    EXPECT_GT(unreported->usage.input_tokens, 0);
    EXPECT_GE(unreported->usage.output_tokens, 4);
    for (const auto& [stop, code] : {std::pair{StopCause::cancel_requested, ErrorCode::cancelled}, {StopCause::deadline, ErrorCode::cancelled}, {StopCause::none, ErrorCode::deadline_exceeded}}) {
        const auto silent = booked(stop, code, HeardOfCall{});
        ASSERT_TRUE(silent.has_value()) << "it was read, even if nothing had come yet";
        EXPECT_GT(silent->usage.input_tokens, 0);
        EXPECT_EQ(silent->usage.output_tokens, 0);
    }
    EXPECT_FALSE(booked(StopCause::none, ErrorCode::upstream_error, HeardOfCall{}).has_value()) << "refused";
    EXPECT_FALSE(booked(StopCause::cancel_requested, ErrorCode::cancelled, std::nullopt).has_value()) << "never made";
}

TEST(RunMachine, ShowsTheWarningsOfThePlanFirst) {
    auto plan = plan_with();
    plan.warnings = {"searched by words alone"};
    RunMachine machine(std::move(plan));
    machine.resume(Begin{});
    auto answer = answer_of("Hello");
    answer.warnings = {"no temperature"};
    machine.resume(ModelAnswered{std::move(answer)});
    EXPECT_EQ(machine.outcome().answer->warnings, (std::vector<std::string>{"searched by words alone", "no temperature"}));
}

TEST(RunMachine, AnAnswerThatIsThereBeatsAStop) {
    auto machine = machine_in(State::calling_model);
    machine.stop(StopCause::cancel_requested);
    machine.resume(ModelAnswered{answer_of("Hello")});
    EXPECT_EQ(machine.outcome().status, RunStatus::completed);
}

TEST(RunMachine, AStopBetweenStepsTakesEffectBeforeTheNextCall) {
    auto machine = machine_in(State::committing_step);
    machine.stop(StopCause::cancel_requested);
    EXPECT_TRUE(std::holds_alternative<run_action::CommitEnd>(machine.resume(Committed{})));
    EXPECT_EQ(machine.outcome().status, RunStatus::cancelled);
}

TEST(RunMachine, RepeatsACommitThatFailedAndGivesUpInTheEnd) {
    for (const auto state : {State::committing_step, State::committing_end}) {
        auto machine = machine_in(state);
        std::chrono::milliseconds last{0};
        int tries = 1;
        for (;; ++tries) {
            auto action = machine.resume(CommitFailed{{.code = ErrorCode::unavailable}});
            if (std::holds_alternative<run_action::Abandon>(action)) break;
            const auto* end = std::get_if<run_action::CommitEnd>(&action);
            const auto delay = end != nullptr ? end->delay : std::get<run_action::CommitStep>(action).delay;
            EXPECT_GE(delay, last);
            last = delay;
            EXPECT_EQ(machine.state(), state);
        }
        EXPECT_EQ(tries, 10);
    }
}

TEST(RunMachine, EndsAsFailedWhenTheAnswerHasNoPlace) {
    auto machine = machine_in(State::committing_end);
    auto action = machine.resume(CommitFailed{{.code = ErrorCode::not_found, .public_message = "Conversation not found"}});
    ASSERT_TRUE(std::holds_alternative<run_action::CommitEnd>(action));
    EXPECT_TRUE(std::get<run_action::CommitEnd>(action).call.has_value());
    EXPECT_EQ(machine.outcome().status, RunStatus::failed);
    EXPECT_FALSE(machine.outcome().answer.has_value());
    EXPECT_TRUE(std::holds_alternative<run_action::Abandon>(machine.resume(CommitFailed{{.code = ErrorCode::not_found}})));
}

TEST(RunMachine, RefusesEveryEventOutOfPlace) {
    const auto events = [] {
        return std::vector<RunEvent>{Begin{}, Refused{}, ModelAnswered{}, ModelFailed{}, Committed{}, CommitFailed{}, CommitFenced{}};
    };
    const std::vector<std::pair<State, std::vector<std::size_t>>> allowed{{State::ready, {0, 1}},
                                                                         {State::calling_model, {2, 3}},
                                                                         {State::committing_step, {4, 5, 6}},
                                                                         {State::committing_end, {4, 5, 6}},
                                                                         {State::done, {}},
                                                                         {State::abandoned, {}}};
    for (const auto& [state, indices] : allowed) {
        for (auto& event : events()) {
            auto machine = machine_in(state);
            ASSERT_EQ(machine.state(), state);
            if (std::ranges::contains(indices, event.index())) EXPECT_NO_THROW(machine.resume(event));
            else EXPECT_THROW(machine.resume(event), std::logic_error);
        }
    }
}

TEST(RunMachine, RefusedEndsWithTheReason) {
    auto machine = machine_in(State::ready);
    auto action = machine.resume(Refused{{.code = ErrorCode::unavailable, .public_message = "gone"}});
    ASSERT_TRUE(std::holds_alternative<run_action::CommitEnd>(action));
    EXPECT_FALSE(std::get<run_action::CommitEnd>(action).call.has_value());
    EXPECT_EQ(machine.outcome().error.public_message, "gone");
}

}  // namespace
}  // namespace agentic::services
