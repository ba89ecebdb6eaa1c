#include "db/repositories/messages.hpp"

#include <boost/asio/co_spawn.hpp>
#include <gmock/gmock.h>

#include <memory>
#include <thread>

#include "conformance/platform.hpp"
#include "support/agents.hpp"
#include "support/tenants.hpp"

namespace agentic::db::conformance {
namespace {

using test::TestTenant, test::TestUser;
using testing::ElementsAre;

class MessageRows : public Platform {
public:
    ConversationRepository conversations() { return ConversationRepository(db()); }
    MessageRepository messages() { return MessageRepository(db()); }

    struct Chat {
        TestUser user;
        Uuid id;
    };

    Awaitable<Chat> chat(std::string slug) {
        auto tenant = co_await TestTenant::create(db(), clock, std::move(slug));
        auto user = co_await tenant.add_user(db(), clock, Role::member);
        const auto agent = test::agent_row(clock, user.principal.user_id, "helper");
        (co_await AgentRepository(db()).insert(user.scope, agent)).value();
        const auto row = test::conversation_row(clock, agent.id, user.principal.user_id);
        (co_await conversations().create(user.scope, row)).value();
        co_return Chat{user, row.id};
    }

    Awaitable<ConversationRow> conversation(Chat chat) {
        co_return (co_await conversations().find(chat.user.scope, ConversationAccess::of(chat.user.principal), chat.id)).value();
    }
};
AGENTIC_CONFORMANCE(MessageRows);

std::vector<std::string> contents(const std::vector<MessageRow>& rows) {
    std::vector<std::string> out;
    for (const auto& row : rows) out.push_back(row.content);
    return out;
}

AGENTIC_CO_TEST_P(MessageRows, KeepsEveryFieldAndNumbersFromOne) {
    const auto chat = co_await self.chat("a");
    auto row = test::message_row(self.clock, chat.id, "Hi \xF0\x9F\x91\x8B", MessageRole::assistant);
    row.run_id = make_uuid_v7(1);
    row.content_blocks.text = R"([{"type":"thinking","signature":"x=="}])";
    row.citations.text = R"([{"title":"t"}])";
    row.model = "claude-sonnet-5-5", row.token_count = 0, row.latency_ms = 12;
    EXPECT_EQ((co_await self.messages().append(chat.user.scope, row)).value(), 1);
    row.sequence_number = 1;
    EXPECT_EQ((co_await self.messages().find(chat.user.scope, chat.id, row.id)).value(), row);

    self.clock.advance(std::chrono::seconds(1));
    EXPECT_EQ((co_await self.messages().append(chat.user.scope, test::message_row(self.clock, chat.id, "again"))).value(), 2);
    const auto conversation = co_await self.conversation(chat);
    EXPECT_EQ(conversation.message_count, 2);
    EXPECT_EQ(conversation.last_message_at, self.clock.now());
    EXPECT_EQ(conversation.version, 3);
}

AGENTIC_CO_TEST_P(MessageRows, ReadsRangesAndTheNewest) {
    const auto chat = co_await self.chat("a");
    for (const auto* content : {"1", "2", "3", "4"}) (co_await self.messages().append(chat.user.scope, test::message_row(self.clock, chat.id, content))).value();
    EXPECT_THAT(contents((co_await self.messages().range(chat.user.scope, chat.id, 1, 3)).value()), ElementsAre("2", "3"));
    EXPECT_THAT(contents((co_await self.messages().range(chat.user.scope, chat.id, 4, 9)).value()), ElementsAre());
    EXPECT_THAT(contents((co_await self.messages().latest(chat.user.scope, chat.id, 2)).value()), ElementsAre("3", "4"));
}

AGENTIC_CO_TEST_P(MessageRows, HidesForeignMessages) {
    const auto a = co_await self.chat("a"), b = co_await self.chat("b");
    const auto row = test::message_row(self.clock, a.id, "canary");
    (co_await self.messages().append(a.user.scope, row)).value();
    EXPECT_EQ(code_of(co_await self.messages().find(b.user.scope, a.id, row.id)), ErrorCode::not_found);
    EXPECT_EQ(code_of(co_await self.messages().find(a.user.scope, b.id, row.id)), ErrorCode::not_found);
    EXPECT_TRUE((co_await self.messages().range(b.user.scope, a.id, 0, 10)).value().empty());
    EXPECT_TRUE((co_await self.messages().latest(b.user.scope, a.id, 10)).value().empty());
    EXPECT_EQ(code_of(co_await self.messages().append(b.user.scope, test::message_row(self.clock, a.id, "intruder"))), ErrorCode::not_found);
    EXPECT_EQ((co_await self.conversation(a)).message_count, 1);
}

AGENTIC_CO_TEST_P(MessageRows, LeavesNoGapWhenALargerBatchIsRolledBack) {
    const auto chat = co_await self.chat("a");
    auto steps = MessageRepository::append_steps(chat.user.scope, test::message_row(self.clock, chat.id, "lost"));
    EXPECT_EQ(steps.size(), MessageRepository::kAppendSteps);
    auto missing = MessageRepository::append_steps(chat.user.scope, test::message_row(self.clock, Uuid{}, "nowhere"));
    for (auto& step : missing) steps.push_back(std::move(step));
    EXPECT_EQ(code_of(co_await self.db().batch(chat.user.scope, std::move(steps))), ErrorCode::not_found);
    EXPECT_EQ((co_await self.messages().append(chat.user.scope, test::message_row(self.clock, chat.id, "first"))).value(), 1);
}

// Numbers stay unique and gapless: 32 writers on four threads of their own, 500 messages each, into one conversation. Where every message waits for the lock of the row and a
// flush of its own (PostgreSQL), 50 each show the same.
TEST_P(MessageRows, NumbersConcurrentMessagesWithoutGapsOrRepeats) {
    constexpr int kThreads = 4, kWritersPerThread = 8;
    const int messages_each = GetParam() == Backend::sqlite ? 500 : 50;
    std::unique_ptr<Chat> chat;
    test::run_coroutine([&]() -> Awaitable<void> { chat = std::make_unique<Chat>(co_await this->chat("a")); });
    std::atomic<int> refused = 0;
    const auto write = [&]() -> Awaitable<void> {
        for (int i = 0; i < messages_each; ++i)
            if (!co_await messages().append(chat->user.scope, test::message_row(clock, chat->id, "m"))) ++refused;
    };
    {
        std::vector<std::jthread> threads;
        for (int t = 0; t < kThreads; ++t) {
            threads.emplace_back([&] {
                asio::io_context context(1);
                for (int w = 0; w < kWritersPerThread; ++w) asio::co_spawn(context, write(), [](std::exception_ptr thrown) { EXPECT_FALSE(thrown); });
                context.run();
            });
        }
    }
    EXPECT_EQ(refused, 0);
    test::run_coroutine([&]() -> Awaitable<void> {
        const std::int64_t all = kThreads * kWritersPerThread * messages_each;
        const auto rows = (co_await messages().range(chat->user.scope, chat->id, 0, all + 1)).value();
        EXPECT_EQ(static_cast<std::int64_t>(rows.size()), all);
        for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(rows[i].sequence_number, static_cast<std::int64_t>(i) + 1);
        EXPECT_EQ((co_await conversation(*chat)).message_count, all);
    });
}

}  // namespace
}  // namespace agentic::db::conformance
