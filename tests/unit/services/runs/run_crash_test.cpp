#include "db/repositories/usage.hpp"
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
            const auto calls_before = self.llm.calls();
            self.broken.break_at(n, when);
            const auto first = co_await self.execute("one");
            Result<std::shared_ptr<LiveRun>> second = fail(ErrorCode::unavailable, "");
            if (first) second = co_await self.execute("two", (*first)->conversation_id);
            const bool has_broken = co_await self.eventually([&] { return self.broken.is_broken(); });
            EXPECT_TRUE(has_broken) << n;
            const auto rows = co_await self.recovered();
            const auto added = rows.size() - before;
            EXPECT_GE(added, (first ? 1U : 0U) + (second ? 1U : 0U)) << "an accepted run is lost, commit " << n;
            std::int64_t booked = 0;
            for (std::size_t i = 0; i < added; ++i) {  // newest first
                EXPECT_EQ(rows[i].status, RunStatus::completed) << rows[i].input << ", commit " << n << ": " << rows[i].error_message.value_or("");
                const auto lines = (co_await db::UsageRepository(*self.database).of_run(self.ann.scope, rows[i].id)).value();
                EXPECT_EQ(static_cast<std::int64_t>(lines.size()), rows[i].iterations) << "one line per answer that was kept, commit " << n;
                EXPECT_EQ(rows[i].cost_micros, 65 * rows[i].iterations) << "commit " << n;
                booked += rows[i].iterations;
            }
            const auto made = static_cast<std::int64_t>(self.llm.calls() - calls_before);
            EXPECT_LE(booked, made) << "commit " << n;
            EXPECT_GE(booked, made - 1) << "a crash takes one call at most, commit " << n;
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

AGENTIC_CO_TEST_F(RunCrashTest, ACommitWhoseAnswerWasLostCountsOnce) {
    co_await self.begin();
    co_await self.finish();
    for (const int n : {2, 3}) {  // the step, the end
        self.llm.play({{.deltas = {"one "}, .stop_reason = llm::StopReason::pause}, {.deltas = {"two"}}});
        co_await self.serve_broken();
        self.broken.break_at(n, FailAt::When::after);
        auto run = (co_await self.execute("Hi")).value();
        EXPECT_TRUE(co_await self.eventually([&] { return self.broken.is_broken(); }));
        EXPECT_FALSE(run->channel.end().has_value());
        self.broken.heal();
        const auto end = co_await self.end_of(run);
        EXPECT_TRUE(end.body.has_value()) << "commit " << n << ": " << end.error.public_message;
        const auto row = co_await self.row_of(run->run_id);
        EXPECT_EQ(row.status, RunStatus::completed);
        EXPECT_EQ(row.attempt, 1);
        EXPECT_EQ(row.cost_micros, 130);
        EXPECT_TRUE(end.body.value_or("").contains(row.message_id.value_or(Uuid{}).to_string())) << "the message that is stored is the one that is named";
        EXPECT_EQ((co_await db::UsageRepository(*self.database).of_run(self.ann.scope, row.id)).value().size(), 2U);
        EXPECT_EQ(co_await self.messages_in(run->conversation_id), "user:Hi assistant:one two");
        EXPECT_EQ(self.llm.calls(), 2U * static_cast<std::size_t>(n - 1));
        co_await self.finish();
    }
}

AGENTIC_CO_TEST_F(RunCrashTest, AQueuedRunThatCannotBeginEnds) {
    self.limits.running_max = 1;
    co_await self.begin();
    co_await self.finish();
    int begins = 0;
    self.broken.hook = [&begins](std::string_view statement) -> std::optional<Error> {
        if (statement == "run_begin" && ++begins < 1'000) throw std::length_error("a poisoned row");
        return std::nullopt;
    };
    co_await self.serve_broken();
    self.llm.play({{.pause = 10ms}});
    auto first = (co_await self.execute("first")).value();
    auto second = (co_await self.execute("second")).value();
    EXPECT_TRUE((co_await self.end_of(first)).body.has_value());
    EXPECT_EQ((co_await self.end_of(second)).error.public_message, "The turn could not begin: The database failed unexpectedly");
    EXPECT_EQ((co_await self.row_of(second->run_id)).status, RunStatus::failed);
    EXPECT_EQ(begins, 1);
    co_await self.finish();
}

AGENTIC_CO_TEST_F(RunCrashTest, AQueuedRunThatIsAbandonedAgainAndAgainEnds) {
    self.limits.running_max = 1;
    co_await self.begin();
    co_await self.finish();
    int begins = 0;
    self.broken.hook = [&begins](std::string_view statement) -> std::optional<Error> {
        if (statement != "run_begin" || ++begins == 1'000) return std::nullopt;
        return Error{.code = ErrorCode::precondition_failed, .public_message = "", .internal_context = "run lease fenced"};
    };
    co_await self.serve_broken();
    self.llm.play({{.pause = 10ms}});
    auto first = (co_await self.execute("first")).value();
    auto second = (co_await self.execute("second")).value();
    EXPECT_TRUE((co_await self.end_of(first)).body.has_value());
    auto op = self.op_of(self.ann);
    const auto row = (co_await self.runs->wait(op, second->run_id, 5s)).value();
    EXPECT_EQ(row.status, RunStatus::failed);
    EXPECT_EQ(row.error_message, "The run was cut off 3 times and is given up");
    EXPECT_EQ(begins, 3);
    co_await self.finish();
}

AGENTIC_CO_TEST_F(RunCrashTest, APastThatCannotBeReadNowIsReadLater) {
    co_await self.begin();
    self.llm.play({{.deltas = {"lost"}, .hangs = true}, {.deltas = {"found"}}});
    auto run = (co_await self.execute("Hi")).value();
    EXPECT_TRUE(co_await self.eventually([&] { return self.llm.calls() == 1; }));
    co_await self.finish();
    int reads = 0;
    self.broken.hook = [&reads](std::string_view statement) -> std::optional<Error> {
        if (statement != "run_messages_before" || ++reads > 1) return std::nullopt;
        return Error{.code = ErrorCode::unavailable, .public_message = "The database is away"};
    };
    co_await self.serve_broken();
    auto op = self.op_of(self.ann);
    const auto row = (co_await self.runs->wait(op, run->run_id, 5s)).value();
    EXPECT_EQ(row.status, RunStatus::completed) << row.error_message.value_or("");
    EXPECT_EQ(reads, 2);
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
