#include "services/runs/run_service.hpp"

#include <boost/asio/as_tuple.hpp>

#include "db/repositories/usage.hpp"
#include "run_fixture.hpp"

namespace agentic::services {
namespace {

using RunServiceTest = RunFixture;

std::string field(const std::string& json, std::string_view name) {
    const auto key = "\"" + std::string(name) + "\":";
    const auto at = json.find(key);
    if (at == json.npos) return {};
    const auto from = at + key.size();
    return json.substr(from, json.find_first_of(",}]", from) - from);
}

AGENTIC_CO_TEST_F(RunServiceTest, AnswersAndRemembersAndAccounts) {
    co_await self.begin();
    const auto end = co_await self.ask("Hi");
    const auto run = self.last_;
    EXPECT_EQ(field(end.body.value(), "response"), "\"Hello");  // "Hello, world" has a comma
    EXPECT_EQ(field(*end.body, "total_tokens"), "15");
    EXPECT_EQ(field(*end.body, "cost_micros"), "65");
    EXPECT_EQ(co_await self.messages_in(run->conversation_id), "user:Hi assistant:Hello, world");
    const auto row = co_await self.row_of(run->run_id);
    EXPECT_EQ(row.status, RunStatus::completed);
    EXPECT_EQ(row.attempt, 1);
    EXPECT_EQ(row.iterations, 1);
    EXPECT_EQ(row.cost_micros, 65);
    EXPECT_FALSE(row.lease_owner.has_value());
    EXPECT_EQ(row.message_id->to_string(), end.body->substr(end.body->find("message_id") + 13, 36));
    const auto ledger = (co_await db::UsageRepository(*self.database).of_run(self.ann.scope, run->run_id)).value();
    EXPECT_EQ(ledger.size(), 1U);
    EXPECT_EQ(ledger.at(0).cost_micros, 65);
    EXPECT_EQ(ledger.at(0).prices.text, R"({"input":3,"output":7})");
    co_await self.finish();
}

AGENTIC_CO_TEST_F(RunServiceTest, SendsTheHistoryOfTheConversation) {
    co_await self.begin();
    co_await self.ask("first");
    const auto conversation = self.last_->conversation_id;
    co_await self.ask("second", conversation);
    const auto requests = self.llm.requests();
    EXPECT_EQ(requests.at(0).messages.size(), 1U);
    EXPECT_EQ(requests.at(1).messages.size(), 3U);
    EXPECT_EQ(std::get<llm::TextBlock>(requests.at(1).messages.back().blocks.at(0)).text, "second");
    EXPECT_EQ(co_await self.messages_in(conversation), "user:first assistant:Hello, world user:second assistant:Hello, world");
    co_await self.finish();
}

AGENTIC_CO_TEST_F(RunServiceTest, SendsNoHistoryWithoutMemory) {
    co_await self.begin();
    auto forgetful = test::agent_row(self.clock, self.ann.principal.user_id, "forgetful");
    forgetful.model_provider = "fake", forgetful.memory_enabled = false;
    (co_await db::AgentRepository(*self.database).insert(self.ann.scope, forgetful)).value();
    self.agent = forgetful;
    co_await self.ask("first");
    co_await self.ask("second", self.last_->conversation_id);
    EXPECT_EQ(self.llm.requests().at(1).messages.size(), 1U);
    co_await self.finish();
}

AGENTIC_CO_TEST_F(RunServiceTest, StreamsWhatIsReplayedLater) {
    co_await self.begin();
    self.llm.play({{.deltas = {"a", "b\n", "c"}, .thinking = {"hm"}, .pause = 2ms}});
    auto run = (co_await self.execute("Hi")).value();
    const auto live = co_await self.frames_of(run->run_id);
    co_await self.end_of(run);
    EXPECT_TRUE(co_await self.eventually([&] { return self.runs->live_runs() == 0; }));
    const auto replayed = co_await self.frames_of(run->run_id);
    EXPECT_EQ(live, replayed);
    std::vector<std::string> types;
    read_frames(live, [&](const StoredEvent& event) { types.emplace_back(event.type); });
    EXPECT_EQ(types, (std::vector<std::string>{"run_started", "thinking", "token", "token", "token", "message", "complete"}));
    for (std::int64_t after = 0; after <= 7; ++after) {
        const auto at = live.find("id: " + std::to_string(after + 1) + "\n");
        EXPECT_EQ(co_await self.frames_of(run->run_id, after), at == live.npos ? "" : live.substr(at)) << after;
    }
    EXPECT_EQ(co_await self.frames_of(run->run_id, 999'999'999), "");
    co_await self.finish();
}

AGENTIC_CO_TEST_F(RunServiceTest, KeepsTheUsersMessageWhenTheModelFails) {
    co_await self.begin();
    std::vector<test::LlmScript> failures(3);
    failures[0].error = Error{.code = ErrorCode::upstream_error, .public_message = "The provider said no"};
    failures[1].throws = true;
    failures[2].error = Error{.code = ErrorCode::rate_limited, .public_message = "Too many requests"};
    const ErrorCode codes[] = {ErrorCode::upstream_error, ErrorCode::internal_error, ErrorCode::rate_limited};
    for (std::size_t i = 0; i < failures.size(); ++i) {
        self.llm.play({failures[i]});
        const auto end = co_await self.ask("precious");
        EXPECT_FALSE(end.body.has_value());
        EXPECT_EQ(end.error.code, codes[i]);
        EXPECT_EQ(co_await self.messages_in(self.last_->conversation_id), "user:precious");
        const auto row = co_await self.row_of(self.last_->run_id);
        EXPECT_EQ(row.status, RunStatus::failed);
        EXPECT_EQ(row.error_code, to_string(codes[i]));
        EXPECT_TRUE((co_await self.frames_of(self.last_->run_id)).contains("event: error\n"));
    }
    co_await self.finish();
}

AGENTIC_CO_TEST_F(RunServiceTest, ExpiresAtTheAgentsTimeout) {
    co_await self.begin();
    self.agent = co_await self.add_agent("hasty", "fake", 1);
    self.llm.play({{.hangs = true}});
    const auto end = co_await self.ask("Hi");
    EXPECT_EQ(end.error.code, ErrorCode::deadline_exceeded);
    EXPECT_EQ((co_await self.row_of(self.last_->run_id)).status, RunStatus::expired);
    EXPECT_EQ(self.llm.cancelled(), 1U);
    co_await self.finish();
}

AGENTIC_CO_TEST_F(RunServiceTest, CancelClosesTheCallAndIsDurable) {
    co_await self.begin();
    self.llm.play({{.hangs = true}});
    auto run = (co_await self.execute("Hi")).value();
    EXPECT_TRUE(co_await self.eventually([&] { return self.llm.calls() == 1; }));
    auto op = self.op_of(self.ann);
    const auto row = (co_await self.runs->cancel(op, run->run_id)).value();
    EXPECT_EQ(row.status, RunStatus::cancelled);
    EXPECT_TRUE(row.cancel_requested);
    EXPECT_EQ(self.llm.cancelled(), 1U);
    EXPECT_EQ((co_await self.end_of(run)).error.code, ErrorCode::cancelled);
    EXPECT_EQ((co_await self.runs->cancel(op, run->run_id)).value().status, RunStatus::cancelled);  // again: as it is
    EXPECT_EQ(co_await self.messages_in(run->conversation_id), "user:Hi");
    co_await self.finish();
}

AGENTIC_CO_TEST_F(RunServiceTest, BooksWhatACancelledCallHadUsed) {
    co_await self.begin();
    self.llm.play({{.deltas = {"one two three four"}, .hangs = true, .reported = llm::Usage{.input_tokens = 100, .output_tokens = 1}}});
    auto run = (co_await self.execute("Hi")).value();
    EXPECT_TRUE(co_await self.eventually([&] { return self.llm.calls() == 1; }));
    auto op = self.op_of(self.ann);
    const auto row = (co_await self.runs->cancel(op, run->run_id)).value();
    EXPECT_EQ(row.status, RunStatus::cancelled);
    EXPECT_EQ(row.input_tokens, 100);
    EXPECT_GE(row.output_tokens, 4);
    EXPECT_EQ(row.cost_micros, 300 + 7 * row.output_tokens);
    const auto ledger = (co_await db::UsageRepository(*self.database).of_run(self.ann.scope, run->run_id)).value();
    EXPECT_EQ(ledger.size(), 1U);
    EXPECT_TRUE(ledger.at(0).estimated);
    EXPECT_EQ(ledger.at(0).cost_micros, row.cost_micros);
    co_await self.finish();
}

/// Searches until it is stopped.
class EndlessSearch final : public PassageSource {
public:
    bool was_stopped = false;
    int searches = 0;

    Task<FoundPassages> find(TenantScope, Uuid, Uuid, db::AgentRow, PassageQuestion) override {
        ++searches;
        async::SteadyTimer timer(co_await asio::this_coro::executor, 1h);
        const auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable_t<IoExecutor>{}));
        was_stopped = error == asio::error::operation_aborted;
        co_return fail(ErrorCode::unavailable, "The search was stopped");
    }
};

AGENTIC_CO_TEST_F(RunServiceTest, ASearchIsStoppedAndCountsAsTimeOfTheRun) {
    co_await self.begin();
    co_await self.finish();
    EndlessSearch search;
    auto environment = self.environment(*self.database);
    environment.passages = &search;
    self.runs = std::make_unique<RunService>(environment, self.limits);
    (co_await self.runs->start({co_await asio::this_coro::executor})).value();
    auto agent = test::agent_row(self.clock, self.ann.principal.user_id, "reader");
    agent.model_provider = "fake", agent.timeout_seconds = 1, agent.collection_ids = {R"(["c"])"};
    (co_await db::AgentRepository(*self.database).insert(self.ann.scope, agent)).value();
    self.agent = agent;
    co_await self.ask("Hi");
    EXPECT_EQ((co_await self.row_of(self.last_->run_id)).status, RunStatus::expired);
    EXPECT_TRUE(search.was_stopped);
    auto run = (co_await self.execute("Hi")).value();
    EXPECT_TRUE(co_await self.eventually([&] { return search.searches == 2; }));
    auto op = self.op_of(self.ann);
    EXPECT_EQ((co_await self.runs->cancel(op, run->run_id)).value().status, RunStatus::cancelled);
    EXPECT_EQ(self.llm.calls(), 0U);
    co_await self.finish();
}

AGENTIC_CO_TEST_F(RunServiceTest, CancelsAQueuedRunWithoutATurn) {
    co_await self.begin();
    self.llm.play({{.hangs = true}, {}});
    auto first = (co_await self.execute("first")).value();
    auto second = (co_await self.execute("second", first->conversation_id)).value();
    auto op = self.op_of(self.ann);
    EXPECT_EQ((co_await self.row_of(second->run_id)).status, RunStatus::queued);
    EXPECT_EQ((co_await self.runs->cancel(op, second->run_id)).value().status, RunStatus::cancelled);
    EXPECT_EQ((co_await self.runs->cancel(op, first->run_id)).value().status, RunStatus::cancelled);
    EXPECT_EQ(co_await self.messages_in(first->conversation_id), "user:first");
    EXPECT_TRUE((co_await self.frames_of(second->run_id)).starts_with("id: 1\nevent: error\n"));
    co_await self.finish();
}

AGENTIC_CO_TEST_F(RunServiceTest, FollowsTheBusyRule) {
    co_await self.begin();
    self.llm.play({{.hangs = true}, {.deltas = {"two"}}, {.deltas = {"three"}}});
    auto first = (co_await self.execute("first")).value();
    const auto conversation = first->conversation_id;
    const auto rejected = co_await self.execute("no", conversation, OnBusy::reject);
    EXPECT_EQ(rejected.error().code, ErrorCode::conflict);
    auto second = (co_await self.execute("second", conversation, OnBusy::interrupt)).value();
    EXPECT_EQ((co_await self.end_of(first)).error.code, ErrorCode::cancelled);
    EXPECT_TRUE((co_await self.end_of(second)).body.has_value());
    EXPECT_TRUE((co_await self.ask("third", conversation)).body.has_value());
    EXPECT_EQ(co_await self.messages_in(conversation), "user:first user:second assistant:two user:third assistant:three");
    co_await self.finish();
}

AGENTIC_CO_TEST_F(RunServiceTest, ThirtyTwoMessagesAtOnceMakeStrictTurns) {
    co_await self.begin();
    self.llm.play({{.deltas = {"a"}, .pause = 1ms}});
    co_await self.ask("0");
    const auto conversation = self.last_->conversation_id;
    std::vector<std::shared_ptr<LiveRun>> all;
    for (int i = 1; i <= 32; ++i) all.push_back((co_await self.execute(std::to_string(i), conversation)).value());
    for (const auto& run : all) EXPECT_TRUE((co_await self.end_of(run)).body.has_value());
    std::string expected = "user:0 assistant:a";
    for (int i = 1; i <= 32; ++i) expected += " user:" + std::to_string(i) + " assistant:a";
    EXPECT_EQ(co_await self.messages_in(conversation), expected);
    for (std::size_t i = 0; i < 33; ++i) EXPECT_EQ(self.llm.requests().at(i).messages.size(), 2 * i + 1);
    co_await self.finish();
}

AGENTIC_CO_TEST_F(RunServiceTest, LimitsHowManyWaitInOneConversation) {
    self.limits.waiting_per_conversation_max = 2;
    co_await self.begin();
    self.llm.play({{.hangs = true}});
    auto first = (co_await self.execute("0")).value();
    for (int i = 0; i < 2; ++i) EXPECT_TRUE((co_await self.execute("x", first->conversation_id)).has_value());
    EXPECT_EQ((co_await self.execute("x", first->conversation_id)).error().code, ErrorCode::rate_limited);
    co_await self.finish();
}

AGENTIC_CO_TEST_F(RunServiceTest, QueuesBeyondTheProcessLimit) {
    self.limits.running_max = 1;
    co_await self.begin();
    self.llm.play({{.pause = 10ms}});
    std::vector<std::shared_ptr<LiveRun>> all;
    for (int i = 0; i < 5; ++i) all.push_back((co_await self.execute("x")).value());
    EXPECT_EQ((co_await self.row_of(all.back()->run_id)).status, RunStatus::queued);
    EXPECT_EQ(self.runs->gate().running(), 1U);
    for (const auto& run : all) EXPECT_TRUE((co_await self.end_of(run)).body.has_value());
    co_await self.finish();
}

AGENTIC_CO_TEST_F(RunServiceTest, RefusesBeforeAnythingIsStored) {
    co_await self.begin();
    auto op = self.op_of(self.ann);
    const auto code = [](const auto& result) { return result ? ErrorCode::internal_error : result.error().code; };
    EXPECT_EQ(code(co_await self.runs->execute(op, Uuid{}, {.input = "x"})), ErrorCode::not_found);
    EXPECT_EQ(code(co_await self.runs->execute(op, self.agent.id, {.input = "x", .conversation_id = Uuid{}})), ErrorCode::not_found);
    EXPECT_EQ(code(co_await self.runs->execute(op, self.agent.id, {.input = "x", .context = {R"({"documents":1})"}})), ErrorCode::validation_error);
    const auto missing = co_await self.add_agent("missing", "missing");
    const auto unconfigured = co_await self.runs->execute(op, missing.id, {.input = "x"});
    EXPECT_EQ(code(unconfigured), ErrorCode::unavailable);
    EXPECT_TRUE(unconfigured.error().public_message.contains("MISSING_API_KEY"));
    co_await self.ask("Hi");
    const auto other = co_await self.add_agent("other");
    EXPECT_EQ(code(co_await self.runs->execute(op, other.id, {.input = "x", .conversation_id = self.last_->conversation_id})), ErrorCode::validation_error);
    EXPECT_EQ(self.llm.calls(), 1U);
    co_await self.finish();
}

AGENTIC_CO_TEST_F(RunServiceTest, ShowsARunOnlyToWhoMaySeeItsConversation) {
    co_await self.begin();
    self.llm.play({{.hangs = true}});
    auto run = (co_await self.execute("secret")).value();
    auto foreign = co_await test::TestTenant::create(*self.database, self.clock, "foreign");
    const auto eve = co_await foreign.add_user(*self.database, self.clock, Role::owner);
    const auto bob = co_await self.tenant->add_user(*self.database, self.clock, Role::member);
    const auto boss = co_await self.tenant->add_user(*self.database, self.clock, Role::admin);
    for (const auto& who : {eve, bob}) {
        auto op = self.op_of(who);
        EXPECT_EQ((co_await self.runs->view(op, run->run_id)).error().code, ErrorCode::not_found);
        EXPECT_EQ((co_await self.runs->cancel(op, run->run_id)).error().code, ErrorCode::not_found);
        EXPECT_EQ((co_await self.runs->wait(op, run->run_id, 0ms)).error().code, ErrorCode::not_found);
        EXPECT_FALSE((co_await self.runs->follow(op, run->run_id, 0)).has_value());
    }
    auto op = self.op_of(boss);
    EXPECT_TRUE((co_await self.runs->view(op, run->run_id)).has_value());
    EXPECT_FALSE(run->is_stopped());
    co_await self.finish();
}

AGENTIC_CO_TEST_F(RunServiceTest, ContinuesAPausedTurnStepByStep) {
    co_await self.begin();
    self.llm.play({{.deltas = {"one "}, .stop_reason = llm::StopReason::pause}, {.deltas = {"two"}}});
    const auto end = co_await self.ask("Hi");
    EXPECT_EQ(field(end.body.value(), "response"), "\"one two\"");
    EXPECT_EQ(field(*end.body, "cost_micros"), "130");
    const auto row = co_await self.row_of(self.last_->run_id);
    EXPECT_EQ(row.iterations, 2);
    EXPECT_EQ(row.cost_micros, 130);
    const auto segments = (co_await db::RunRepository(*self.database).events_after(self.ann.scope, row.id, 0, 10)).value();
    EXPECT_EQ(segments.size(), 2U);
    EXPECT_EQ((co_await db::UsageRepository(*self.database).of_run(self.ann.scope, row.id)).value().size(), 2U);
    co_await self.finish();
}

AGENTIC_CO_TEST_F(RunServiceTest, WaitAnswersAtTheEndOrInTime) {
    co_await self.begin();
    self.llm.play({{.pause = 15ms}, {.hangs = true}});
    auto op = self.op_of(self.ann);
    auto quick = (co_await self.execute("Hi")).value();
    EXPECT_EQ((co_await self.runs->wait(op, quick->run_id, 5s)).value().status, RunStatus::completed);
    auto slow = (co_await self.execute("Hi")).value();
    EXPECT_EQ((co_await self.runs->wait(op, slow->run_id, 20ms)).value().status, RunStatus::running);
    co_await self.finish();
}

AGENTIC_CO_TEST_F(RunServiceTest, StreamedTextIsStoredTextEvenWithNul) {
    co_await self.begin();
    self.llm.play({{.deltas = {std::string("a\0b", 3), "c"}}});
    co_await self.ask("Hi");
    EXPECT_EQ(co_await self.messages_in(self.last_->conversation_id), "user:Hi assistant:a\xEF\xBF\xBD" "bc");
    co_await self.finish();
}

}  // namespace
}  // namespace agentic::services
