#include "db/repositories/conversations.hpp"

#include <gmock/gmock.h>

#include "conformance/platform.hpp"
#include "support/agents.hpp"
#include "support/tenants.hpp"

namespace agentic::db::conformance {
namespace {

using test::TestTenant, test::TestUser;
using testing::ElementsAre;

ConversationAccess access(const TestUser& user) { return ConversationAccess::of(user.principal); }

/// One tenant with two members, an administrator and an agent.
struct Office {
    TestTenant tenant;
    TestUser ann, bob, admin;
    Uuid agent_id;
};

class ConversationRows : public Platform {
public:
    AgentRepository agents() { return AgentRepository(db()); }
    ConversationRepository conversations() { return ConversationRepository(db()); }
    MessageRepository messages() { return MessageRepository(db()); }

    Awaitable<Office> office(std::string slug) {
        auto tenant = co_await TestTenant::create(db(), clock, std::move(slug));
        auto ann = co_await tenant.add_user(db(), clock, Role::member);
        auto bob = co_await tenant.add_user(db(), clock, Role::member);
        auto admin = co_await tenant.add_user(db(), clock, Role::admin);
        auto agent = test::agent_row(clock, ann.principal.user_id, "helper");
        (co_await agents().insert(tenant.scope(), agent)).value();
        co_return Office{tenant, ann, bob, admin, agent.id};
    }

    Awaitable<ConversationRow> start(TestUser who, Uuid agent_id) {
        clock.advance(std::chrono::seconds(1));
        auto row = test::conversation_row(clock, agent_id, who.principal.user_id);
        (co_await conversations().create(who.scope, row)).value();
        co_return row;
    }

    Awaitable<void> say(TestUser who, Uuid conversation_id, std::string content) {
        clock.advance(std::chrono::seconds(1));
        (co_await messages().append(who.scope, test::message_row(clock, conversation_id, std::move(content)))).value();
    }

    Awaitable<std::vector<Uuid>> ids(TestUser who, ConversationListing listing) {
        const auto page = (co_await conversations().list(who.scope, access(who), listing)).value();
        EXPECT_EQ(page.total, static_cast<std::int64_t>(page.rows.size()));
        std::vector<Uuid> out;
        for (const auto& row : page.rows) out.push_back(row.id);
        co_return out;
    }
};
AGENTIC_CONFORMANCE(ConversationRows);

AGENTIC_CO_TEST_P(ConversationRows, KeepsEveryField) {
    const auto office = co_await self.office("a");
    const auto row = co_await self.start(office.ann, office.agent_id);
    EXPECT_EQ((co_await self.conversations().find(office.ann.scope, access(office.ann), row.id)).value(), row);
}

AGENTIC_CO_TEST_P(ConversationRows, NeedsALivingAgentOfTheTenant) {
    const auto a = co_await self.office("a"), b = co_await self.office("b");
    const auto with_foreign = test::conversation_row(self.clock, b.agent_id, a.ann.principal.user_id);
    EXPECT_EQ(code_of(co_await self.conversations().create(a.ann.scope, with_foreign)), ErrorCode::not_found);
    (co_await self.agents().remove(a.ann.scope, a.agent_id, std::nullopt, self.clock.now())).value();
    const auto with_deleted = test::conversation_row(self.clock, a.agent_id, a.ann.principal.user_id);
    const auto refused = co_await self.conversations().create(a.ann.scope, with_deleted);
    EXPECT_EQ(code_of(refused), ErrorCode::not_found);
    EXPECT_EQ(refused.error().public_message, "Agent not found");
}

AGENTIC_CO_TEST_P(ConversationRows, ShowsPeopleTheirOwnAndAdministratorsAll) {
    const auto a = co_await self.office("a"), b = co_await self.office("b");
    const auto of_ann = co_await self.start(a.ann, a.agent_id), of_bob = co_await self.start(a.bob, a.agent_id);
    co_await self.start(b.ann, b.agent_id);
    EXPECT_THAT(co_await self.ids(a.ann, {}), ElementsAre(of_ann.id));
    EXPECT_THAT(co_await self.ids(a.admin, {}), ElementsAre(of_bob.id, of_ann.id));
    EXPECT_THAT(co_await self.ids(a.admin, {.user_id = a.ann.principal.user_id}), ElementsAre(of_ann.id));
    EXPECT_THAT(co_await self.ids(a.ann, {.user_id = a.bob.principal.user_id}), ElementsAre());
    EXPECT_EQ(code_of(co_await self.conversations().find(a.bob.scope, access(a.bob), of_ann.id)), ErrorCode::not_found);
    EXPECT_EQ(code_of(co_await self.conversations().find(b.admin.scope, access(b.admin), of_ann.id)), ErrorCode::not_found);
    EXPECT_TRUE((co_await self.conversations().find(a.admin.scope, access(a.admin), of_ann.id)).has_value());
}

AGENTIC_CO_TEST_P(ConversationRows, ListsLatestActivityFirstAndFilters) {
    const auto office = co_await self.office("a");
    const auto first = co_await self.start(office.ann, office.agent_id), second = co_await self.start(office.ann, office.agent_id);
    EXPECT_THAT(co_await self.ids(office.ann, {}), ElementsAre(second.id, first.id));
    co_await self.say(office.ann, first.id, "hello");
    EXPECT_THAT(co_await self.ids(office.ann, {}), ElementsAre(first.id, second.id));

    const ConversationChange archive{.title = {}, .status = ConversationStatus::archived, .on_busy = {}, .extra_metadata = {}};
    (co_await self.conversations().update(office.ann.scope, access(office.ann), second.id, archive, std::nullopt, self.clock.now())).value();
    for (const auto& who : {office.ann, office.admin}) {
        EXPECT_THAT(co_await self.ids(who, {.status = ConversationStatus::archived}), ElementsAre(second.id));
        EXPECT_THAT(co_await self.ids(who, {.agent_id = office.agent_id, .status = ConversationStatus::active}), ElementsAre(first.id));
        EXPECT_THAT(co_await self.ids(who, {.agent_id = Uuid{}}), ElementsAre());
    }
}

AGENTIC_CO_TEST_P(ConversationRows, ChangesOnlyWhatIsGiven) {
    const auto office = co_await self.office("a");
    const auto row = co_await self.start(office.ann, office.agent_id);
    auto expected = row;
    self.clock.advance(std::chrono::seconds(1));
    expected.updated_at = self.clock.now();

    auto conversations = self.conversations();  // outlives the coroutine that the lambda starts
    const auto change = [&](ConversationChange what) { return conversations.update(office.ann.scope, access(office.ann), row.id, what, {}, self.clock.now()); };
    expected.on_busy = OnBusy::enqueue, expected.version = 2;
    EXPECT_EQ((co_await change({.title = {}, .status = {}, .on_busy = OnBusy::enqueue, .extra_metadata = {}})).value(), expected);
    expected.title = "New", expected.extra_metadata.text = R"({"a":1})", expected.version = 3;
    EXPECT_EQ((co_await change({.title = "New", .status = {}, .on_busy = {}, .extra_metadata = JsonText{R"({"a":1})"}})).value(), expected);
    expected.title = std::nullopt, expected.status = ConversationStatus::completed, expected.version = 4;
    EXPECT_EQ((co_await change({.title = std::optional<std::string>(), .status = ConversationStatus::completed, .on_busy = {}, .extra_metadata = {}})).value(), expected);
}

AGENTIC_CO_TEST_P(ConversationRows, RefusesAChangeOfAnotherVersion) {
    const auto office = co_await self.office("a");
    const auto row = co_await self.start(office.ann, office.agent_id);
    co_await self.say(office.ann, row.id, "hello");  // version 2
    const auto now = self.clock.now();
    EXPECT_EQ(code_of(co_await self.conversations().update(office.ann.scope, access(office.ann), row.id, {}, 1, now)), ErrorCode::precondition_failed);
    EXPECT_EQ(code_of(co_await self.conversations().remove(office.ann.scope, access(office.ann), row.id, 1, now)), ErrorCode::precondition_failed);
    EXPECT_TRUE((co_await self.conversations().remove(office.ann.scope, access(office.ann), row.id, 2, now)).has_value());
}

AGENTIC_CO_TEST_P(ConversationRows, LosesADeletedConversationAndItsMessagesEverywhere) {
    const auto office = co_await self.office("a");
    const auto& ann = office.ann;
    const auto row = co_await self.start(ann, office.agent_id);
    const auto message = test::message_row(self.clock, row.id, "canary");
    (co_await self.messages().append(ann.scope, message)).value();
    const auto now = self.clock.now();
    EXPECT_EQ(code_of(co_await self.conversations().remove(office.bob.scope, access(office.bob), row.id, {}, now)), ErrorCode::not_found);
    (co_await self.conversations().remove(ann.scope, access(ann), row.id, {}, now)).value();

    EXPECT_EQ(code_of(co_await self.conversations().find(ann.scope, access(ann), row.id)), ErrorCode::not_found);
    EXPECT_EQ(code_of(co_await self.conversations().update(ann.scope, access(ann), row.id, {}, {}, now)), ErrorCode::not_found);
    EXPECT_EQ(code_of(co_await self.conversations().remove(ann.scope, access(ann), row.id, {}, now)), ErrorCode::not_found);
    EXPECT_THAT(co_await self.ids(ann, {}), ElementsAre());
    EXPECT_THAT(co_await self.ids(office.admin, {}), ElementsAre());
    EXPECT_EQ(code_of(co_await self.messages().find(ann.scope, row.id, message.id)), ErrorCode::not_found);
    EXPECT_TRUE((co_await self.messages().range(ann.scope, row.id, 0, 100)).value().empty());
    EXPECT_TRUE((co_await self.messages().latest(ann.scope, row.id, 100)).value().empty());
    EXPECT_EQ(code_of(co_await self.messages().append(ann.scope, test::message_row(self.clock, row.id, "more"))), ErrorCode::not_found);
    auto copy = test::conversation_row(self.clock, office.agent_id, ann.principal.user_id);
    copy.forked_from_id = row.id;
    EXPECT_EQ(code_of(co_await self.conversations().fork(ann.scope, access(ann), copy, {})), ErrorCode::not_found);
}

AGENTIC_CO_TEST_P(ConversationRows, ForksTheFirstMessages) {
    const auto office = co_await self.office("a");
    const auto& ann = office.ann;
    const auto row = co_await self.start(ann, office.agent_id);
    for (const auto* content : {"one", "two", "three"}) co_await self.say(ann, row.id, content);

    auto copy = test::conversation_row(self.clock, office.agent_id, ann.principal.user_id);
    copy.forked_from_id = row.id, copy.forked_at_sequence = 2, copy.message_count = 2;
    const std::vector<Uuid> new_ids{make_uuid_v7(1), make_uuid_v7(1)};
    (co_await self.conversations().fork(ann.scope, access(ann), copy, new_ids)).value();
    EXPECT_EQ((co_await self.conversations().find(ann.scope, access(ann), copy.id)).value(), copy);

    co_await self.say(ann, copy.id, "another three");
    const auto forked = (co_await self.messages().range(ann.scope, copy.id, 0, 10)).value();
    const auto original = (co_await self.messages().range(ann.scope, row.id, 0, 10)).value();
    EXPECT_EQ(forked.size(), 3u);
    EXPECT_EQ(forked[0].id, new_ids[0]);
    EXPECT_EQ(forked[1].content, "two");
    EXPECT_EQ(forked[1].created_at, original[1].created_at);
    EXPECT_EQ(forked[2].content, "another three");
    EXPECT_EQ(forked[2].sequence_number, 3);
    EXPECT_EQ(original[2].content, "three");

    auto too_far = test::conversation_row(self.clock, office.agent_id, ann.principal.user_id);
    too_far.forked_from_id = row.id;
    EXPECT_EQ(code_of(co_await self.conversations().fork(ann.scope, access(ann), too_far, {Uuid{}, make_uuid_v7(2), make_uuid_v7(2), make_uuid_v7(2)})),
              ErrorCode::not_found);
    EXPECT_EQ(code_of(co_await self.conversations().find(ann.scope, access(ann), too_far.id)), ErrorCode::not_found);  // nothing of it was kept
}

}  // namespace
}  // namespace agentic::db::conformance
