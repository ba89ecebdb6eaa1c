#include "services/runs/run_plan.hpp"

#include <gtest/gtest.h>

#include "providers/llm/token_estimate.hpp"
#include "support/agents.hpp"
#include "support/fake_clock.hpp"

namespace agentic::services {
namespace {

struct Case {
    test::FakeClock clock;
    db::AgentRow agent = test::agent_row(clock, Uuid{}, "helper");
    db::RunRow run{.input = "newest", .user_message_id = Uuid(Uuid::Bytes{9})};
    PromptContext context;
    std::vector<db::PastMessageRow> past;
    std::int64_t window = 100'000;

    std::string provider = "openai";

    RunPlan plan() {
        return make_plan({.agent = agent, .run = run, .context = context, .past = past, .endpoint = {.provider = provider}, .context_window = window, .deadline = {}});
    }
    void say(MessageRole role, std::string text) {
        const auto number = static_cast<std::uint8_t>(past.size() + 1);
        past.push_back({.id = Uuid(Uuid::Bytes{0, number}), .sequence_number = number, .role = role, .content = std::move(text), .content_blocks = {"[]"}});
    }
    std::string newest() { return std::get<llm::TextBlock>(plan().request.messages.back().blocks.back()).text; }
};

TEST(MakePlan, SendsZeroAsAValueAndNothingForNothing) {
    Case example;
    EXPECT_EQ(example.plan().request.temperature, 0.0);
    EXPECT_FALSE(example.plan().request.max_tokens.has_value());
    example.agent.temperature.reset();
    EXPECT_FALSE(example.plan().request.temperature.has_value());
}

TEST(MakePlan, PutsTheNewestMessageLastOnce) {
    Case example;
    example.say(MessageRole::user, "old");
    example.say(MessageRole::assistant, "answer");
    example.past.push_back({.id = *example.run.user_message_id, .sequence_number = 3, .role = MessageRole::user, .content = "newest", .content_blocks = {"[]"}});
    EXPECT_EQ(example.plan().request.messages.size(), 3U);
    EXPECT_EQ(example.newest(), "newest");
}

TEST(MakePlan, KeepsWithinTheModelsWindow) {
    Case example;
    for (int turn = 0; turn < 100; ++turn) {
        example.say(MessageRole::user, std::string(4'000, 'u'));
        example.say(MessageRole::assistant, std::string(4'000, 'a'));
    }
    const auto all = example.plan().request.messages.size();
    example.window = 16'000;
    const auto some = example.plan().request.messages;
    EXPECT_LT(some.size(), 20U);
    EXPECT_GT(some.size(), 1U);
    EXPECT_LT(some.size(), all);
    EXPECT_EQ(some.front().role, llm::MessageRole::user);
    example.window = 0;
    EXPECT_EQ(example.plan().request.messages.size(), 1U);
    EXPECT_EQ(example.newest(), "newest");
}

TEST(MakePlan, CountsInTheProvidersTokensAndKeepsRoomForTheAnswer) {
    Case example;
    for (int turn = 0; turn < 400; ++turn) {
        example.say(MessageRole::user, std::string(4'000, 'u'));
        example.say(MessageRole::assistant, std::string(4'000, 'a'));
    }
    const auto sent = [&example] {
        auto request = example.plan().request;
        request.endpoint.provider = example.provider;
        return llm::estimate_tokens(request);
    };
    for (const auto* provider : {"openai", "anthropic"}) {
        example.provider = provider;
        EXPECT_LE(sent(), example.window - example.window / 8 - llm::kAnswerTokensDefault) << provider;
        EXPECT_GE(sent(), example.window / 2) << provider;
    }
}

TEST(MakePlan, TakesTheLimitOfTheRequestBeforeTheAgents) {
    Case example;
    EXPECT_EQ(example.plan().limits.max_iterations, 10);
    example.run.max_iterations = 2;
    EXPECT_EQ(example.plan().limits.max_iterations, 2);
}

TEST(MakePlan, ReadsTheVersionOfTheAnthropicApiFromTheAgent) {
    Case example;
    EXPECT_EQ(example.plan().request.anthropic_version, "");
    example.agent.config = {R"({"anthropic_version":"2023-06-01"})"};
    EXPECT_EQ(example.plan().request.anthropic_version, "2023-06-01");
}

}  // namespace
}  // namespace agentic::services
