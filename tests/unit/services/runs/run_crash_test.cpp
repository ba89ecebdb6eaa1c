#include "run_fixture.hpp"
#include "support/fail_at.hpp"

namespace agentic::services {
namespace {

using test::FailAt;

/// The service over a database that breaks at a chosen commit.
class RunCrashTest : public RunFixture {
public:
    FailAt broken{*database};

    Awaitable<void> serve_broken() {
        runs = std::make_unique<RunService>(environment(broken), limits);
        (co_await runs->start({co_await asio::this_coro::executor})).value();
    }
    Awaitable<std::vector<db::RunRow>> all_runs() {
        co_return (co_await db::RunRepository(*database).list(ann.scope, db::ConversationAccess::whole_tenant("test"), {.page = {1, 100}})).value().rows;
    }
    /// Crash and restart on a healthy database; every run then ends.
    Awaitable<std::vector<db::RunRow>> recovered() {
        broken.heal();
        co_await finish();
        co_await serve();
        auto op = op_of(ann);
        std::vector<db::RunRow> out;
        for (const auto& row : co_await all_runs()) out.push_back((co_await runs->wait(op, row.id, 5s)).value());
        co_return out;
    }
};

/// One turn of two steps and one queued turn behind it commit five times: two acceptances, a step, an end, a beginning, an end.
constexpr int kCommits = 6;

AGENTIC_CO_TEST_F(RunCrashTest, LosesAndDoublesNothingAtAnyCommit) {
    co_await self.begin();
    co_await self.finish();
    for (const auto when : {FailAt::When::before, FailAt::When::after}) {
        for (int n = 1; n <= kCommits; ++n) {
            self.llm.play({{.deltas = {"a"}, .pause = 5ms, .stop_reason = llm::StopReason::pause}, {.deltas = {"b"}, .pause = 5ms}, {.deltas = {"c"}}});
            co_await self.serve_broken();
            const auto before = (co_await self.all_runs()).size();
            self.broken.break_at(n, when);
            const auto first = co_await self.execute("one");
            Result<std::shared_ptr<LiveRun>> second = fail(ErrorCode::unavailable, "");
            if (first) second = co_await self.execute("two", (*first)->conversation_id);
            const bool has_broken = co_await self.eventually([&] { return self.broken.is_broken(); });
            EXPECT_TRUE(has_broken) << n;
            const auto rows = co_await self.recovered();
            const auto added = rows.size() - before;
            EXPECT_GE(added, (first ? 1U : 0U) + (second ? 1U : 0U)) << "an accepted run is lost, commit " << n;
            for (std::size_t i = 0; i < added; ++i) {  // newest first
                EXPECT_EQ(rows[i].status, RunStatus::completed) << rows[i].input << ", commit " << n << ": " << rows[i].error_message.value_or("");
            }
            if (added > 0) {
                const auto said = co_await self.messages_in(rows[0].conversation_id);
                const auto count = [&](std::string_view word) {
                    int found = 0;
                    for (auto at = said.find(word); at != said.npos; at = said.find(word, at + 1)) ++found;
                    return found;
                };
                EXPECT_EQ(count("user:"), static_cast<int>(added)) << said;
                EXPECT_EQ(count("assistant:"), static_cast<int>(added)) << said;
                EXPECT_LE(count("user:one"), 1) << said;
                EXPECT_LE(count("user:two"), 1) << said;
            }
            co_await self.finish();
        }
    }
}

AGENTIC_CO_TEST_F(RunCrashTest, EndsByItselfWhenTheDatabaseComesBack) {
    co_await self.begin();
    co_await self.finish();
    co_await self.serve_broken();
    self.broken.break_at(2, FailAt::When::before);  // the end of the run
    auto run = (co_await self.execute("Hi")).value();
    EXPECT_TRUE(co_await self.eventually([&] { return self.broken.is_broken(); }));
    EXPECT_FALSE(run->channel.end().has_value());  // not acknowledged before it is durable
    self.broken.heal();
    EXPECT_TRUE((co_await self.end_of(run)).body.has_value());
    EXPECT_EQ(self.llm.calls(), 1U);
    EXPECT_EQ(co_await self.messages_in(run->conversation_id), "user:Hi assistant:Hello, world");
    co_await self.finish();
}

AGENTIC_CO_TEST_F(RunCrashTest, EndsAsFailedWhenItsConversationIsDeletedMeanwhile) {
    co_await self.begin();
    self.llm.play({{.pause = 20ms}});
    auto run = (co_await self.execute("Hi")).value();
    (co_await db::ConversationRepository(*self.database)
         .remove(self.ann.scope, db::ConversationAccess::of(self.ann.principal), run->conversation_id, std::nullopt, self.clock.now())).value();
    const auto end = co_await self.end_of(run);
    EXPECT_FALSE(end.body.has_value());
    EXPECT_EQ(end.error.code, ErrorCode::not_found);
    auto op = self.op_of(self.ann);
    EXPECT_EQ((co_await self.runs->view(op, run->run_id)).error().code, ErrorCode::not_found);
    co_await self.finish();
}

}  // namespace
}  // namespace agentic::services
