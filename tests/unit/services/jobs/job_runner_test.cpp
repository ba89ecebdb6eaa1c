#include "services/jobs/job_runner.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/this_coro.hpp>
#include <deque>

#include "db/repositories/runs.hpp"
#include "support/co_test.hpp"
#include "support/database.hpp"
#include "support/tenants.hpp"

namespace agentic::services {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

SystemScope everybody() { return SystemScope::because("a test"); }

constexpr std::string_view kClaim = "UPDATE jobs SET state = 'running', lease_owner = $3, attempts = 1 WHERE tenant_id = $1 AND id = $2";
const db::Statement claim_quietly{.name = "test_claim", .sqlite = kClaim, .postgres = kClaim, .writes = true};

/// Does what it is told, job by job.
class ScriptedHandler final : public JobHandler {
public:
    std::string_view kind() const override { return "work"; }
    Task<db::Batch> run(JobTask& task) override {
        ran.push_back(task.row.tenant_id);
        if (blocks) {
            auto wakeup = async::Wakeup::create(task.home());
            while (!task.is_stopped()) co_await wakeup->wait(std::chrono::steady_clock::now() + 5ms);
            stopped.push_back(task.row.attempts);
            co_return JobTask::stopped();
        }
        if (outcomes.empty()) co_return db::Batch();
        const auto code = outcomes.front();
        outcomes.pop_front();
        if (code == ErrorCode::method_not_allowed) throw std::runtime_error("a bug");
        co_return fail(code, "scripted");
    }
    db::Batch given_up(const JobTask&, const Error& error, Timestamp) override {
        reasons.push_back(error.public_message);
        return {};
    }
    Awaitable<void> ended(JobTask&, bool completed) override {
        ends.push_back(completed);
        co_return;
    }

    std::deque<ErrorCode> outcomes;
    bool blocks = false;
    std::vector<Uuid> ran;
    std::vector<std::int64_t> stopped;   // attempts
    std::vector<std::string> reasons;
    std::vector<bool> ends;
};

class JobRunnerTest : public testing::Test {
public:
    SystemClock clock;
    test::TestDatabase database;
    ScriptedHandler handler;
    Uuid owner = make_uuid_v7(1);
    std::unique_ptr<JobRunner> runner;

    /// This process, under a new name.
    Awaitable<void> live() {
        owner = make_uuid_v7(clock.now().unix_ms());
        (co_await db::RunRepository(*database).worker_insert(everybody(), owner, clock.now())).value();
    }
    Awaitable<void> serve(JobRunnerLimits limits = {.running_max = 1, .poll = 20ms, .retry_delay = 1ms}) {
        co_await live();
        runner = std::make_unique<JobRunner>(clock, *database, [this] { return owner; }, limits);
        runner->add(handler);
        runner->start({co_await asio::this_coro::executor});
    }
    Awaitable<test::TestTenant> tenant(std::string slug) { co_return co_await test::TestTenant::create(*database, clock, std::move(slug)); }
    Awaitable<db::JobRow> add(test::TestTenant tenant, std::string kind = "work") {
        const auto now = clock.now();
        db::JobRow job{.id = make_uuid_v7(now.unix_ms()), .kind = std::move(kind), .subject_id = make_uuid_v7(now.unix_ms()), .run_at = now, .created_at = now};
        db::Batch batch;
        batch.push_back(db::JobRepository::insert_step(tenant.scope(), job));
        (co_await database->batch(tenant.scope(), std::move(batch))).value();
        if (runner) runner->wake();
        co_return job;
    }
    Awaitable<void> until(std::function<bool()> holds) {
        auto wakeup = async::Wakeup::create(co_await asio::this_coro::executor);
        for (int i = 0; i < 800 && !holds(); ++i) co_await wakeup->wait(std::chrono::steady_clock::now() + 5ms);
        EXPECT_TRUE(holds());
    }
};

AGENTIC_CO_TEST_F(JobRunnerTest, WorksOffWhatIsThereAndWhatComes) {
    const auto acme = co_await self.tenant("acme");
    co_await self.add(acme);
    co_await self.serve();
    co_await self.until([&] { return self.handler.ends.size() == 1; });
    co_await self.add(acme);
    co_await self.until([&] { return self.handler.ends.size() == 2; });
    EXPECT_THAT(self.handler.ends, ElementsAre(true, true));
    co_await self.runner->stop();
}

AGENTIC_CO_TEST_F(JobRunnerTest, TriesAgainWhatMayPassAndGivesUpTheThirdTime) {
    self.handler.outcomes = {ErrorCode::upstream_error, ErrorCode::method_not_allowed, ErrorCode::unavailable};
    co_await self.add(co_await self.tenant("acme"));
    co_await self.serve();
    co_await self.until([&] { return self.handler.ends.size() == 1; });
    EXPECT_EQ(self.handler.ran.size(), 3U);
    EXPECT_THAT(self.handler.ends, ElementsAre(false));
    EXPECT_THAT(self.handler.reasons, ElementsAre("scripted"));
    co_await self.runner->stop();
}

AGENTIC_CO_TEST_F(JobRunnerTest, GivesUpAtOnceWhatWillNeverWork) {
    self.handler.outcomes = {ErrorCode::bad_request};
    co_await self.add(co_await self.tenant("acme"));
    co_await self.serve();
    co_await self.until([&] { return self.handler.ends.size() == 1; });
    EXPECT_EQ(self.handler.ran.size(), 1U);
    EXPECT_THAT(self.handler.ends, ElementsAre(false));
    co_await self.runner->stop();
}

AGENTIC_CO_TEST_F(JobRunnerTest, ServesTenantsInTurn) {
    const auto acme = co_await self.tenant("acme"), other = co_await self.tenant("other");
    for (int i = 0; i < 5; ++i) co_await self.add(acme);
    for (int i = 0; i < 2; ++i) co_await self.add(other);
    co_await self.serve();
    co_await self.until([&] { return self.handler.ends.size() == 7; });
    const auto place = std::ranges::find(self.handler.ran, other.id());
    EXPECT_LE(place - self.handler.ran.begin(), 1) << "a tenant waited behind another's whole queue";
    co_await self.runner->stop();
}

AGENTIC_CO_TEST_F(JobRunnerTest, StopPutsAJobBackUncounted) {
    self.handler.blocks = true;
    co_await self.add(co_await self.tenant("acme"));
    co_await self.serve();
    co_await self.until([&] { return self.handler.ran.size() == 1; });
    co_await self.runner->stop();
    self.handler.blocks = false;
    co_await self.serve();
    co_await self.until([&] { return self.handler.ends.size() == 1; });
    EXPECT_THAT(self.handler.ends, ElementsAre(true));
    co_await self.runner->stop();
}

AGENTIC_CO_TEST_F(JobRunnerTest, CancelledJobWritesNothing) {
    self.handler.blocks = true;
    const auto acme = co_await self.tenant("acme");
    const auto job = co_await self.add(acme);
    co_await self.serve();
    co_await self.until([&] { return self.handler.ran.size() == 1; });
    db::Batch batch;
    batch.push_back(db::JobRepository::cancel_step(acme.scope(), job.subject_id, std::nullopt, self.clock.now()));
    const auto rows = (co_await self.database->batch(acme.scope(), std::move(batch))).value();
    self.runner->interrupt(db::JobRepository::read_cancelled(rows[0]));
    co_await self.until([&] { return self.runner->running() == 0; });
    EXPECT_TRUE(self.handler.ends.empty());
    EXPECT_TRUE(self.handler.reasons.empty());
    co_await self.runner->stop();
}

AGENTIC_CO_TEST_F(JobRunnerTest, TakesBackWhatADeadProcessHadClaimedAndCountsIt) {
    const auto acme = co_await self.tenant("acme");
    const auto job = co_await self.add(acme);
    for (int death = 0; death < 3; ++death) {   // claimed, and never heard of again
        EXPECT_TRUE((co_await db::JobRepository(*self.database).claim(acme.scope(), make_uuid_v7(1), self.clock.now())).value().has_value());
        EXPECT_EQ((co_await db::JobRepository(*self.database).recover(everybody(), self.clock.now())).value(), 1);
    }
    co_await self.serve();
    co_await self.until([&] { return self.handler.ends.size() == 1; });
    EXPECT_TRUE(self.handler.ran.empty()) << "a job that has killed three processes was begun again";
    EXPECT_THAT(self.handler.reasons, ElementsAre(testing::HasSubstr("cut off 3 times")));
    co_await self.runner->stop();
}

AGENTIC_CO_TEST_F(JobRunnerTest, BeginsAgainWhatItHoldsAndDoesNotWorkOn) {
    const auto acme = co_await self.tenant("acme");
    co_await self.serve({.running_max = 1, .poll = 20ms, .look_after = 20ms});
    const auto now = self.clock.now();
    const db::JobRow job{.id = make_uuid_v7(now.unix_ms()), .kind = "work", .subject_id = make_uuid_v7(now.unix_ms()), .run_at = now, .created_at = now};
    db::Batch batch;   // claimed in one step, so that the runner cannot: its answer got lost
    batch.push_back(db::JobRepository::insert_step(acme.scope(), job));
    batch.push_back({claim_quietly, {acme.id(), job.id, self.owner}});
    (co_await self.database->batch(acme.scope(), std::move(batch))).value();
    co_await self.until([&] { return self.handler.ends.size() == 1; });
    EXPECT_EQ(self.handler.ran.size(), 1U);
    co_await self.runner->stop();
}

AGENTIC_CO_TEST_F(JobRunnerTest, StopsAnAttemptWhenItsJobIsClaimedAgain) {
    self.handler.blocks = true;
    const auto acme = co_await self.tenant("acme");
    const auto job = co_await self.add(acme);
    co_await self.serve({.running_max = 3, .poll = 20ms, .look_after = 500ms});   // so rarely that it is claimed again before anybody looks
    co_await self.until([&] { return self.handler.ran.size() == 1; });
    const auto now = self.clock.now();
    db::Batch batch;   // somebody took this process for dead
    batch.push_back(db::JobRepository::again_step(acme.scope(), {job.id, self.owner, 1}, 1, std::nullopt, now, now));
    (co_await self.database->batch(acme.scope(), std::move(batch))).value();
    co_await self.until([&] { return self.handler.ran.size() == 2 && self.handler.stopped.size() == 1; });
    EXPECT_THAT(self.handler.stopped, ElementsAre(1));
    EXPECT_EQ(self.runner->running(), 1U) << "the second attempt goes on";
    co_await self.runner->stop();
    EXPECT_THAT(self.handler.stopped, ElementsAre(1, 2));
}

AGENTIC_CO_TEST_F(JobRunnerTest, GivesUpKindsItDoesNotKnow) {
    co_await self.add(co_await self.tenant("acme"), "unheard_of");
    co_await self.serve();
    co_await self.until([&] { return self.runner->running() == 0; });
    EXPECT_TRUE(self.handler.ran.empty());
    co_await self.runner->stop();
}

}  // namespace
}  // namespace agentic::services
