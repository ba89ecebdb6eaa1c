#pragma once
// A tenant with an agent on a scripted model and a real database, and the service of runs over them.
#include <gtest/gtest.h>

#include <boost/asio/this_coro.hpp>
#include <memory>
#include <string>

#include "services/runs/run_recovery.hpp"
#include "services/runs/run_service.hpp"
#include "support/agents.hpp"
#include "support/co_test.hpp"
#include "support/database.hpp"
#include "support/fake_llm.hpp"
#include "support/tenants.hpp"

namespace agentic::services {

using namespace std::chrono_literals;

class FakeEndpoints final : public ModelEndpoints {
public:
    Task<llm::Endpoint> resolve(TenantScope, std::string provider) override {
        if (provider == "missing") co_return fail(ErrorCode::unavailable, "MISSING_API_KEY is not set");
        co_return llm::Endpoint{.provider = std::move(provider)};
    }
};

class FakeFacts final : public ModelFacts {
public:
    std::int64_t context_window(const std::string&, const std::string&) const override { return 100'000; }
    ModelCost cost(const ModelCall& call) const override {
        return {.micros = 3 * call.usage.input_tokens + 7 * call.usage.output_tokens, .prices = {R"({"input":3,"output":7})"}};
    }
};

class RunFixture : public testing::Test {
public:
    SystemClock clock;
    test::TestDatabase database;
    test::FakeLlm llm;
    FakeEndpoints endpoints;
    FakeFacts facts;
    RunGateLimits limits;
    std::unique_ptr<RunService> runs;
    std::optional<test::TestTenant> tenant;
    test::TestUser ann;
    db::AgentRow agent;

    RunEnvironment environment(db::Executor& db) { return {clock, db, llm, endpoints, facts}; }

    /// Stores the tenant, the user and the agent, and starts the service, on the test's own thread.
    Awaitable<void> begin() {
        tenant = co_await test::TestTenant::create(*database, clock, "acme");
        ann = co_await tenant->add_user(*database, clock, Role::member);
        agent = co_await add_agent("helper");
        co_await serve();
    }
    Awaitable<db::AgentRow> add_agent(std::string slug, std::string provider = "fake", std::int64_t timeout_seconds = 300) {
        auto row = test::agent_row(clock, ann.principal.user_id, std::move(slug));
        row.model_provider = std::move(provider);
        row.timeout_seconds = timeout_seconds;
        (co_await db::AgentRepository(*database).insert(ann.scope, row)).value();
        co_return row;
    }
    Awaitable<void> serve() {
        runs = std::make_unique<RunService>(environment(*database), limits);
        (co_await runs->start({co_await asio::this_coro::executor})).value();
    }
    /// Every test ends with it: nothing may be left running.
    Awaitable<void> finish(std::chrono::milliseconds grace = 0ms) {
        co_await runs->stop(grace);
        EXPECT_EQ(runs->live_runs(), 0U);
        EXPECT_EQ(runs->gate().running(), 0U);
        EXPECT_EQ(runs->gate().waiting(), 0U);
        runs.reset();
    }
    /// As after kill -9: the runs stop where they are and the rows stay.
    Awaitable<void> restart() {
        co_await finish();
        co_await serve();
    }

    OpContext op_of(const test::TestUser& user) const { return {"test", user.principal, user.scope, clock, clock.steady() + 30s}; }

    Task<std::shared_ptr<LiveRun>> execute(std::string input, std::optional<Uuid> conversation = std::nullopt, std::optional<OnBusy> on_busy = std::nullopt) {
        auto op = op_of(ann);
        schemas::ExecuteRequest request{.input = std::move(input), .conversation_id = conversation, .on_busy = on_busy};
        co_return co_await runs->execute(op, agent.id, std::move(request));
    }
    Awaitable<RunEnd> end_of(std::shared_ptr<LiveRun> run) {
        auto end = co_await run->channel.wait_end(std::chrono::steady_clock::now() + 8s);
        EXPECT_TRUE(end.has_value()) << "the run did not end";
        co_return end.value_or(RunEnd{});
    }
    Awaitable<RunEnd> ask(std::string input, std::optional<Uuid> conversation = std::nullopt) {
        auto run = (co_await execute(std::move(input), conversation)).value();
        last_ = run;
        co_return co_await end_of(run);
    }
    Awaitable<db::RunRow> row_of(Uuid run_id) {
        auto op = op_of(ann);
        co_return (co_await runs->view(op, run_id)).value();
    }
    /// "user:Hi assistant:Hello"
    Awaitable<std::string> messages_in(Uuid conversation_id) {
        const auto rows = (co_await db::MessageRepository(*database).latest(ann.scope, conversation_id, 1'000)).value();
        std::string out;
        std::int64_t number = 0;
        for (const auto& row : rows) {
            EXPECT_EQ(row.sequence_number, ++number);
            out += (out.empty() ? "" : " ") + std::string(to_string(row.role)) + ":" + row.content;
        }
        co_return out;
    }
    /// All frames after `after`, to the end of the run.
    Awaitable<std::string> frames_of(Uuid run_id, std::int64_t after = 0) {
        auto op = op_of(ann);
        auto reader = (co_await runs->follow(op, run_id, after)).value();
        std::string bytes;
        for (;;) {
            auto piece = (co_await reader.next(std::chrono::steady_clock::now() + 8s)).value();
            bytes += piece.bytes;
            if (piece.is_last) co_return bytes;
            if (piece.bytes.empty()) {
                ADD_FAILURE() << "the stream stalled";
                co_return bytes;
            }
        }
    }
    Awaitable<bool> eventually(std::function<bool()> holds) {
        auto wakeup = async::Wakeup::create(co_await asio::this_coro::executor);
        for (int i = 0; i < 800 && !holds(); ++i) co_await wakeup->wait(std::chrono::steady_clock::now() + 5ms);
        co_return holds();
    }

    std::shared_ptr<LiveRun> last_;
};

}  // namespace agentic::services
