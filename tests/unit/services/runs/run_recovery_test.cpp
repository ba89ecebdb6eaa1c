#include "services/runs/run_recovery.hpp"

#include "run_fixture.hpp"

namespace agentic::services {
namespace {

using RunRecoveryTest = RunFixture;

AGENTIC_CO_TEST_F(RunRecoveryTest, ContinuesARunThatHadNoAnswer) {
    co_await self.begin();
    self.llm.play({{.deltas = {"lost"}, .hangs = true}, {.deltas = {"found"}}});
    auto cut = (co_await self.execute("Hi")).value();
    EXPECT_TRUE(co_await self.eventually([&] { return self.llm.calls() == 1; }));
    co_await self.restart();
    auto op = self.op_of(self.ann);
    const auto row = (co_await self.runs->wait(op, cut->run_id, 5s)).value();
    EXPECT_EQ(row.status, RunStatus::completed);
    EXPECT_EQ(row.attempt, 2);
    EXPECT_EQ(co_await self.messages_in(cut->conversation_id), "user:Hi assistant:found");
    EXPECT_EQ(self.llm.requests().at(1).messages.size(), 1U);
    const auto frames = co_await self.frames_of(cut->run_id, 2);  // a client that had seen "lost"
    EXPECT_TRUE(frames.starts_with("id: 1000001\nevent: restarted\n"));
    EXPECT_FALSE(frames.contains("lost"));
    EXPECT_TRUE(frames.contains("\"confirmed_sequence\":0}"));
    co_await self.finish();
}

AGENTIC_CO_TEST_F(RunRecoveryTest, ContinuesQueuedRunsInTheirOrder) {
    co_await self.begin();
    self.llm.play({{.hangs = true}, {.deltas = {"a"}}});
    auto first = (co_await self.execute("1")).value();
    std::vector<Uuid> all{first->run_id};
    for (int i = 2; i <= 5; ++i) all.push_back((co_await self.execute(std::to_string(i), first->conversation_id)).value()->run_id);
    EXPECT_TRUE(co_await self.eventually([&] { return self.llm.calls() == 1; }));
    co_await self.restart();
    auto op = self.op_of(self.ann);
    for (const auto& id : all) EXPECT_EQ((co_await self.runs->wait(op, id, 5s)).value().status, RunStatus::completed);
    EXPECT_EQ(co_await self.messages_in(first->conversation_id), "user:1 assistant:a user:2 assistant:a user:3 assistant:a user:4 assistant:a user:5 assistant:a");
    co_await self.finish();
}

AGENTIC_CO_TEST_F(RunRecoveryTest, GivesUpAfterThreeAttempts) {
    co_await self.begin();
    self.llm.play({{.hangs = true}});
    auto run = (co_await self.execute("poison")).value();
    for (std::size_t attempt = 1; attempt <= 3; ++attempt) {
        EXPECT_TRUE(co_await self.eventually([&] { return self.llm.calls() == attempt; }));
        co_await self.restart();
    }
    auto op = self.op_of(self.ann);
    const auto row = (co_await self.runs->wait(op, run->run_id, 5s)).value();
    EXPECT_EQ(row.status, RunStatus::failed);
    EXPECT_EQ(row.error_code, "unavailable");
    EXPECT_EQ(self.llm.calls(), 3U);
    EXPECT_EQ(co_await self.messages_in(run->conversation_id), "user:poison");
    co_await self.finish();
}

AGENTIC_CO_TEST_F(RunRecoveryTest, ACancelSurvivesTheCrash) {
    co_await self.begin();
    self.llm.play({{.hangs = true}});
    auto run = (co_await self.execute("Hi")).value();
    (co_await db::RunRepository(*self.database)
         .request_cancel(self.ann.scope, db::ConversationAccess::whole_tenant("test"), run->run_id, self.clock.now())).value();
    co_await self.restart();
    auto op = self.op_of(self.ann);
    EXPECT_EQ((co_await self.runs->wait(op, run->run_id, 5s)).value().status, RunStatus::cancelled);
    EXPECT_LE(self.llm.calls(), 1U);
    co_await self.finish();
}

AGENTIC_CO_TEST_F(RunRecoveryTest, ContinuesFromTheLastCommittedStep) {
    co_await self.begin();
    self.llm.play({{.deltas = {"one "}, .stop_reason = llm::StopReason::pause}, {.hangs = true}, {.deltas = {"two"}}});
    auto run = (co_await self.execute("Hi")).value();
    EXPECT_TRUE(co_await self.eventually([&] { return self.llm.calls() == 2; }));
    co_await self.restart();
    auto op = self.op_of(self.ann);
    const auto row = (co_await self.runs->wait(op, run->run_id, 5s)).value();
    EXPECT_EQ(row.status, RunStatus::completed);
    EXPECT_EQ(row.iterations, 2);
    EXPECT_EQ(row.cost_micros, 130);
    EXPECT_EQ(co_await self.messages_in(run->conversation_id), "user:Hi assistant:one two");
    const auto frames = co_await self.frames_of(run->run_id);
    EXPECT_TRUE(frames.contains("\"content\":\"one \""));  // that step was durable
    EXPECT_TRUE(frames.contains("event: restarted\n"));
    EXPECT_TRUE(frames.contains("\"confirmed_sequence\":2}"));
    co_await self.finish();
}

AGENTIC_CO_TEST_F(RunRecoveryTest, EndsARunWhoseAgentIsGone) {
    co_await self.begin();
    self.llm.play({{.hangs = true}});
    auto run = (co_await self.execute("Hi")).value();
    (co_await db::AgentRepository(*self.database).remove(self.ann.scope, self.agent.id, std::nullopt, self.clock.now())).value();
    co_await self.restart();
    auto op = self.op_of(self.ann);
    const auto row = (co_await self.runs->wait(op, run->run_id, 5s)).value();
    EXPECT_EQ(row.status, RunStatus::failed);
    EXPECT_EQ(row.error_code, "not_found");
    co_await self.finish();
}

AGENTIC_CO_TEST_F(RunRecoveryTest, AStaleWorkerWritesNothing) {
    co_await self.begin();
    self.llm.play({{.deltas = {"stale"}, .pause = 100ms}});
    auto run = (co_await self.execute("Hi")).value();
    const auto before = co_await self.row_of(run->run_id);
    const auto thief = make_uuid_v7(self.clock.now().unix_ms());
    const bool taken = (co_await db::RunRepository(*self.database).take_over(self.ann.scope, lease_of(before), thief, self.clock.now())).value();
    EXPECT_TRUE(taken);
    EXPECT_EQ((co_await self.end_of(run)).error.code, ErrorCode::unavailable);
    const auto after = co_await self.row_of(run->run_id);
    EXPECT_EQ(after.lease_owner, thief);
    EXPECT_EQ(after.status, RunStatus::running);
    EXPECT_EQ(co_await self.messages_in(run->conversation_id), "user:Hi");
    EXPECT_TRUE((co_await db::RunRepository(*self.database).events_after(self.ann.scope, run->run_id, 0, 10)).value().empty());
    co_await self.finish();
}

AGENTIC_CO_TEST_F(RunRecoveryTest, LooksAfterItsRunsWheneverOneIsAbandoned) {
    co_await self.begin();
    self.llm.play({{.hangs = true}, {.hangs = true}, {.deltas = {"stale"}, .pause = 100ms}, {.deltas = {"again"}}});
    auto wished = (co_await self.execute("cancel me")).value();
    auto stolen = (co_await self.execute("stolen")).value();
    EXPECT_TRUE(co_await self.eventually([&] { return self.llm.calls() == 2; }));
    auto lost = (co_await self.execute("lost")).value();
    db::RunRepository rows(*self.database);
    const auto thief = make_uuid_v7(self.clock.now().unix_ms());
    for (const auto& run : {stolen, lost}) {
        const auto row = co_await self.row_of(run->run_id);
        EXPECT_TRUE((co_await rows.take_over(self.ann.scope, lease_of(row), thief, self.clock.now())).value());
    }
    (co_await rows.request_cancel(self.ann.scope, db::ConversationAccess::whole_tenant("test"), wished->run_id, self.clock.now())).value();
    EXPECT_EQ((co_await self.end_of(lost)).error.code, ErrorCode::unavailable);  // its end was fenced, so there is a round now

    EXPECT_EQ((co_await self.end_of(wished)).error.code, ErrorCode::cancelled) << "a wish that only the row knows of";
    auto op = self.op_of(self.ann);
    EXPECT_EQ((co_await self.runs->wait(op, lost->run_id, 5s)).value().status, RunStatus::completed);
    EXPECT_EQ((co_await self.row_of(stolen->run_id)).lease_owner, thief) << "its driver is still at work here";
    EXPECT_FALSE(stolen->channel.end().has_value());
    co_await self.finish();
}

AGENTIC_CO_TEST_F(RunRecoveryTest, WhoWaitsForTheEndHearsThatOfTheLastAttempt) {
    co_await self.begin();
    self.llm.play({{.deltas = {"stale"}, .pause = 100ms}, {.deltas = {"again"}}});
    auto run = (co_await self.execute("Hi")).value();
    const auto row = co_await self.row_of(run->run_id);
    const auto thief = make_uuid_v7(self.clock.now().unix_ms());
    EXPECT_TRUE((co_await db::RunRepository(*self.database).take_over(self.ann.scope, lease_of(row), thief, self.clock.now())).value());
    auto op = self.op_of(self.ann);
    const auto end = (co_await self.runs->end_of(op, run->run_id, 5s)).value();
    EXPECT_TRUE(end.body.value_or("").contains("\"response\":\"again\"")) << end.error.public_message;
    EXPECT_EQ((co_await self.end_of(run)).error.code, ErrorCode::unavailable);  // the first driver's own watchers
    co_await self.finish();
}

TEST(RunHub, ForgetsOnlyTheOneThatLeaves) {
    asio::io_context context;
    RunHub hub;
    const auto id = make_uuid_v7(1);
    const auto before = std::make_shared<LiveRun>(context.get_executor(), Uuid{}, id, Uuid{}, 1);
    const auto after = std::make_shared<LiveRun>(context.get_executor(), Uuid{}, id, Uuid{}, first_sequence_of(2));
    const auto scope = SystemScope::because("test");
    hub.add(before);
    hub.add(after);
    EXPECT_EQ(hub.size(), 1U);
    hub.remove(*before);
    EXPECT_EQ(hub.find(scope, id), after);
    EXPECT_EQ(hub.size(), 1U);
    hub.remove(*after);
    EXPECT_EQ(hub.find(scope, id), nullptr);
    EXPECT_EQ(hub.size(), 0U);
}

AGENTIC_CO_TEST_F(RunRecoveryTest, LeavesNoRunBehindWhateverTheMomentOfTheCrash) {
    co_await self.begin();
    self.llm.play({{.deltas = {"a", "b"}, .pause = 1ms}});
    auto op = self.op_of(self.ann);
    std::vector<Uuid> all;
    auto wakeup = async::Wakeup::create(co_await asio::this_coro::executor);
    for (int round = 0; round < 12; ++round) {
        for (int i = 0; i < 4; ++i) all.push_back((co_await self.execute("Hi")).value()->run_id);
        co_await wakeup->wait(std::chrono::steady_clock::now() + std::chrono::microseconds(400 * round));
        co_await self.restart();
    }
    for (const auto& id : all) {
        const auto row = (co_await self.runs->wait(op, id, 5s)).value();
        EXPECT_TRUE(row.status == RunStatus::completed || row.attempt > 3) << to_string(row.status);
        const auto said = co_await self.messages_in(row.conversation_id);
        EXPECT_EQ(said, row.status == RunStatus::completed ? "user:Hi assistant:ab" : "user:Hi");
    }
    co_await self.finish();
}

}  // namespace
}  // namespace agentic::services
