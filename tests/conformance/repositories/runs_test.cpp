#include "db/repositories/runs.hpp"

#include "conformance/platform.hpp"
#include "db/repositories/messages.hpp"
#include "db/repositories/usage.hpp"
#include "support/agents.hpp"
#include "support/tenants.hpp"

namespace agentic::db::conformance {
namespace {

using test::TestTenant, test::TestUser;

class RunRows : public Platform {
public:
    RunRepository runs() { return RunRepository(db()); }

    struct Chat {
        TestUser user;
        Uuid agent_id, id;
    };
    Awaitable<Chat> chat(std::string slug) {
        auto tenant = co_await TestTenant::create(db(), clock, std::move(slug));
        auto user = co_await tenant.add_user(db(), clock, Role::member);
        const auto agent = test::agent_row(clock, user.principal.user_id, "helper");
        (co_await AgentRepository(db()).insert(user.scope, agent)).value();
        const auto row = test::conversation_row(clock, agent.id, user.principal.user_id);
        (co_await ConversationRepository(db()).create(user.scope, row)).value();
        co_return Chat{user, agent.id, row.id};
    }
    RunRow run_in(const Chat& chat, RunStatus status, Uuid owner) {
        clock.advance(std::chrono::milliseconds(1));
        return {.id = make_uuid_v7(clock.now().unix_ms()),
                .agent_id = chat.agent_id,
                .agent_version = 1,
                .conversation_id = chat.id,
                .user_id = chat.user.principal.user_id,
                .status = status,
                .input = "Hi",
                .context = {"{}"},
                .attempt = status == RunStatus::running ? 1 : 0,
                .lease_owner = owner,
                .created_at = clock.now(),
                .updated_at = clock.now()};
    }
    Awaitable<Result<std::vector<Rows>>> insert(Chat chat, RunRow row) {
        Batch batch;
        batch.push_back(RunRepository::insert_step(chat.user.scope, std::move(row)));
        co_return co_await db().batch(chat.user.scope, std::move(batch));
    }
    Awaitable<Result<std::vector<Rows>>> one(Chat chat, Step step) {
        Batch batch;
        batch.push_back(std::move(step));
        co_return co_await db().batch(chat.user.scope, std::move(batch));
    }
    Awaitable<std::int64_t> total(Chat who, RunListing listing) {
        co_return (co_await runs().list(who.user.scope, access(who), listing)).value().total;
    }
    static ConversationAccess access(const Chat& chat) { return ConversationAccess::of(chat.user.principal); }
    static SystemScope system() { return SystemScope::because("test"); }
    Uuid new_id() {
        clock.advance(std::chrono::milliseconds(1));
        return make_uuid_v7(clock.now().unix_ms());
    }
};
AGENTIC_CONFORMANCE(RunRows);

AGENTIC_CO_TEST_P(RunRows, KeepOneRunningRunPerConversation) {
    const auto chat = co_await self.chat("acme");
    const auto owner = self.new_id();
    const auto first = self.run_in(chat, RunStatus::running, owner);
    EXPECT_TRUE((co_await self.insert(chat, first)).has_value());
    const auto refused = co_await self.insert(chat, self.run_in(chat, RunStatus::running, owner));
    EXPECT_TRUE(!refused && RunRepository::is_busy(refused.error()));
    const auto queued = self.run_in(chat, RunStatus::queued, owner);
    EXPECT_TRUE((co_await self.insert(chat, queued)).has_value());
    const auto begin = [&] { return RunRepository::begin_step(chat.user.scope, {queued.id, owner, 0}, self.new_id(), 2, self.clock.now()); };
    const auto early = co_await self.one(chat, begin());
    EXPECT_TRUE(!early && RunRepository::is_busy(early.error()));
    RunEndRecord end{.status = RunStatus::failed, .error_code = "x", .error_message = "y", .now = self.clock.now()};
    EXPECT_TRUE((co_await self.one(chat, RunRepository::end_step(chat.user.scope, {first.id, owner, 1}, end))).has_value());
    EXPECT_TRUE((co_await self.one(chat, begin())).has_value());
    const auto row = (co_await self.runs().find(chat.user.scope, self.access(chat), queued.id)).value();
    EXPECT_EQ(row.status, RunStatus::running);
    EXPECT_EQ(row.attempt, 1);
    EXPECT_EQ(row.agent_version, 2);
}

AGENTIC_CO_TEST_P(RunRows, FenceEveryWriteByTheLease) {
    const auto chat = co_await self.chat("acme");
    const auto owner = self.new_id(), thief = self.new_id();
    const auto run = self.run_in(chat, RunStatus::running, owner);
    (co_await self.insert(chat, run)).value();
    const RunLease lease{run.id, owner, 1};
    EXPECT_TRUE((co_await self.runs().take_over(chat.user.scope, lease, thief, self.clock.now())).value());
    EXPECT_FALSE((co_await self.runs().take_over(chat.user.scope, lease, owner, self.clock.now())).value());
    for (const auto& stale : {lease, RunLease{run.id, thief, 1}, RunLease{run.id, owner, 2}}) {
        const auto step = co_await self.one(chat, RunRepository::step_step(chat.user.scope, stale, {.turn_blocks = {"[]"}, .now = self.clock.now()}));
        const auto end = co_await self.one(chat, RunRepository::end_step(chat.user.scope, stale, {.now = self.clock.now()}));
        EXPECT_TRUE(!step && RunRepository::is_fenced(step.error()));
        EXPECT_TRUE(!end && RunRepository::is_fenced(end.error()));
    }
    const RunLease now{run.id, thief, 2};
    const RunStepRecord record{.iterations = 1, .turn_blocks = {"[1]"}, .tokens = {1, 2, 3, 4, 5}, .cost_micros = 6, .now = self.clock.now()};
    EXPECT_TRUE((co_await self.one(chat, RunRepository::step_step(chat.user.scope, now, record))).has_value());
    const auto row = (co_await self.runs().find(chat.user.scope, self.access(chat), run.id)).value();
    EXPECT_EQ(row.turn_blocks.text, "[1]");
    EXPECT_EQ(row.reasoning_tokens, 5);
    EXPECT_EQ(row.cost_micros, 6);
}

AGENTIC_CO_TEST_P(RunRows, FindTheOrphansOfDeadOwners) {
    const auto chat = co_await self.chat("acme");
    const auto other = co_await self.chat("other");
    const auto dead = self.new_id(), alive = self.new_id();
    (co_await self.runs().worker_insert(self.system(), alive, self.clock.now())).value();
    EXPECT_TRUE((co_await self.runs().worker_beat(self.system(), alive, self.clock.now())).value());
    EXPECT_FALSE((co_await self.runs().worker_beat(self.system(), dead, self.clock.now())).value());
    const auto mine = self.run_in(chat, RunStatus::running, dead);
    const auto theirs = self.run_in(other, RunStatus::queued, dead);
    const auto living = self.run_in(other, RunStatus::queued, alive);
    (co_await self.insert(chat, mine)).value();
    (co_await self.insert(other, theirs)).value();
    (co_await self.insert(other, living)).value();
    const auto owners = (co_await self.runs().owners(self.system())).value();
    EXPECT_EQ(owners, (std::vector<std::pair<Uuid, std::int64_t>>{{alive, 2}, {dead, 0}}));
    const auto orphans = (co_await self.runs().orphans(self.system(), dead, Uuid{}, 10)).value();
    EXPECT_EQ(orphans.size(), 2U);
    EXPECT_EQ(orphans.at(0).id, mine.id);
    EXPECT_EQ(orphans.at(0).tenant_id, chat.user.principal.tenant_id);
    EXPECT_EQ((co_await self.runs().orphans(self.system(), dead, mine.id, 10)).value().size(), 1U);
    (co_await self.runs().worker_delete(self.system(), alive)).value();
    EXPECT_EQ((co_await self.runs().owners(self.system())).value().size(), 2U);  // its run is live, so it is looked at
}

AGENTIC_CO_TEST_P(RunRows, RememberAWishToCancel) {
    const auto chat = co_await self.chat("acme");
    const auto other = co_await self.chat("other");
    const auto owner = self.new_id();
    const auto run = self.run_in(chat, RunStatus::queued, owner);
    (co_await self.insert(chat, run)).value();
    EXPECT_FALSE((co_await self.runs().request_cancel(other.user.scope, self.access(other), run.id, self.clock.now())).value());
    EXPECT_TRUE((co_await self.runs().cancel_wishes(self.system(), owner)).value().empty());
    EXPECT_TRUE((co_await self.runs().request_cancel(chat.user.scope, self.access(chat), run.id, self.clock.now())).value());
    EXPECT_EQ((co_await self.runs().cancel_wishes(self.system(), owner)).value(), std::vector<Uuid>{run.id});
    const auto begin = co_await self.one(chat, RunRepository::begin_step(chat.user.scope, {run.id, owner, 0}, self.new_id(), 1, self.clock.now()));
    EXPECT_TRUE(!begin && RunRepository::is_fenced(begin.error()));
}

AGENTIC_CO_TEST_P(RunRows, ListByFilterAndShowToWhoMaySee) {
    const auto chat = co_await self.chat("acme");
    const auto other = co_await self.chat("other");
    const auto owner = self.new_id();
    const auto a = self.run_in(chat, RunStatus::queued, owner), b = self.run_in(chat, RunStatus::running, owner);
    (co_await self.insert(chat, a)).value();
    (co_await self.insert(chat, b)).value();
    EXPECT_EQ(co_await self.total(chat, {}), 2);
    EXPECT_EQ(co_await self.total(other, {}), 0);
    EXPECT_EQ(co_await self.total(chat, {.status = RunStatus::queued}), 1);
    EXPECT_EQ(co_await self.total(chat, {.agent_id = chat.agent_id, .conversation_id = chat.id}), 2);
    EXPECT_EQ(co_await self.total(chat, {.agent_id = other.agent_id}), 0);
    const auto newest = (co_await self.runs().list(chat.user.scope, self.access(chat), {.page = {1, 1}})).value();
    EXPECT_EQ(newest.rows.at(0).id, b.id);
    EXPECT_EQ(newest.total, 2);
    EXPECT_EQ(code_of(co_await self.runs().find(other.user.scope, self.access(other), a.id)), ErrorCode::not_found);
    (co_await ConversationRepository(self.db()).remove(chat.user.scope, self.access(chat), chat.id, std::nullopt, self.clock.now())).value();
    EXPECT_EQ(co_await self.total(chat, {}), 0);
    EXPECT_EQ(code_of(co_await self.runs().find(chat.user.scope, self.access(chat), a.id)), ErrorCode::not_found);
}

AGENTIC_CO_TEST_P(RunRows, KeepEventsAndTheLedger) {
    const auto chat = co_await self.chat("acme");
    const auto run = self.run_in(chat, RunStatus::running, self.new_id());
    (co_await self.insert(chat, run)).value();
    Batch batch;
    batch.push_back(RunRepository::events_step(chat.user.scope, run.id, {1, 5, "token 1\na\n"}, self.clock.now()));
    batch.push_back(RunRepository::events_step(chat.user.scope, run.id, {1'000'001, 1'000'002, "x"}, self.clock.now()));
    batch.push_back(UsageRepository::insert_step(chat.user.scope, {.id = self.new_id(), .run_id = run.id, .agent_id = chat.agent_id, .conversation_id = chat.id,
                                                                   .user_id = run.user_id, .provider = "p", .model = "m", .input_tokens = 1, .cost_micros = 2,
                                                                   .created_at = self.clock.now()}));
    EXPECT_TRUE((co_await self.db().batch(chat.user.scope, std::move(batch))).has_value());
    EXPECT_EQ((co_await self.runs().events_after(chat.user.scope, run.id, 0, 10)).value().size(), 2U);
    EXPECT_EQ((co_await self.runs().events_after(chat.user.scope, run.id, 4, 10)).value().at(0).body, "token 1\na\n");
    EXPECT_EQ((co_await self.runs().events_after(chat.user.scope, run.id, 5, 10)).value().size(), 1U);
    const auto lines = (co_await UsageRepository(self.db()).of_run(chat.user.scope, run.id)).value();
    EXPECT_EQ(lines.at(0).cost_micros, 2);
    const auto other = co_await self.chat("other");
    EXPECT_TRUE((co_await UsageRepository(self.db()).of_run(other.user.scope, run.id)).value().empty());
    EXPECT_TRUE((co_await self.runs().events_after(other.user.scope, run.id, 0, 10)).value().empty());
}

AGENTIC_CO_TEST_P(RunRows, ReadThePastUpToAMessage) {
    const auto chat = co_await self.chat("acme");
    std::vector<Uuid> ids;
    for (const auto* text : {"1", "2", "3", "4"}) {
        auto row = test::message_row(self.clock, chat.id, text);
        ids.push_back(row.id);
        (co_await MessageRepository(self.db()).append(chat.user.scope, row)).value();
        self.clock.advance(std::chrono::milliseconds(1));
    }
    const auto past = (co_await self.runs().past(chat.user.scope, chat.id, ids[2], {.messages = 2, .bytes = 1'000})).value();
    EXPECT_EQ(past.size(), 2U);
    EXPECT_EQ(past.at(0).content, "2");
    EXPECT_EQ(past.at(1).content, "3");
}

AGENTIC_CO_TEST_P(RunRows, ReadNoMoreOfThePastThanAsked) {
    const auto chat = co_await self.chat("acme");
    const auto other = co_await self.chat("other");
    std::vector<Uuid> ids;
    for (const auto* text : {"one", "four", "äöü", "sixty-four bytes would be too many"}) {  // "äöü" is six bytes
        auto row = test::message_row(self.clock, chat.id, text);
        ids.push_back(row.id);
        (co_await MessageRepository(self.db()).append(chat.user.scope, row)).value();
        self.clock.advance(std::chrono::milliseconds(1));
    }
    const auto read = [&self, &chat](Uuid last, std::int64_t bytes) -> Awaitable<std::string> {
        std::string out;
        const auto rows = (co_await self.runs().past(chat.user.scope, chat.id, last, {.messages = 500, .bytes = bytes})).value();
        for (const auto& row : rows) out += row.content + ";";
        co_return out;
    };
    constexpr std::int64_t kBlocks = 2;  // "[]" of each
    EXPECT_EQ(co_await read(ids[2], 13 + 3 * kBlocks), "one;four;äöü;");
    EXPECT_EQ(co_await read(ids[2], 12 + 3 * kBlocks), "four;äöü;");
    EXPECT_EQ(co_await read(ids[2], 10 + 2 * kBlocks), "four;äöü;");
    EXPECT_EQ(co_await read(ids[2], 9 + 2 * kBlocks), "äöü;");
    EXPECT_EQ(co_await read(ids[3], 0), "sixty-four bytes would be too many;") << "the newest is always there";
    EXPECT_TRUE((co_await self.runs().past(other.user.scope, chat.id, ids[3], {.messages = 500, .bytes = 1'000})).value().empty());
}

}  // namespace
}  // namespace agentic::db::conformance
