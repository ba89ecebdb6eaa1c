#include "db/repositories/agents.hpp"

#include <gmock/gmock.h>

#include <boost/asio/cancel_after.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <set>

#include "async/wakeup.hpp"
#include "conformance/platform.hpp"
#include "support/agents.hpp"
#include "support/tenants.hpp"

namespace agentic::db::conformance {
namespace {

using test::agent_row, test::TestTenant, test::TestUser;
using testing::ElementsAre, testing::HasSubstr;

class AgentRows : public Platform {
public:
    AgentRepository agents() { return AgentRepository(db()); }

    Awaitable<TestUser> user(std::string tenant) {
        auto made = co_await TestTenant::create(db(), clock, std::move(tenant));
        co_return co_await made.add_user(db(), clock, Role::member);
    }

    /// Stores an agent, a second after whatever was stored before.
    Awaitable<AgentRow> store(TestUser who, std::string slug) {
        clock.advance(std::chrono::seconds(1));
        auto row = agent_row(clock, who.principal.user_id, std::move(slug));
        (co_await agents().insert(who.scope, row)).value();
        co_return row;
    }

    Awaitable<std::vector<std::string>> slugs(TestUser who, AgentListing listing) {
        const auto page = (co_await agents().list(who.scope, std::move(listing))).value();
        std::vector<std::string> out;
        for (const auto& row : page.rows) out.push_back(row.slug);
        co_return out;
    }
};
AGENTIC_CONFORMANCE(AgentRows);

/// What keeps list answers true: every write of the tenant moves the mark, nobody else's does, and a read does not.
AGENTIC_CO_TEST_P(AgentRows, ChangeMarkMovesWithEveryWriteOfTheTenant) {
    const auto who = co_await self.user("a");
    const auto mark = [&] { return self.db().change_mark(who.scope, "agents"); };
    std::vector<std::uint64_t> marks{(co_await mark()).value()};
    auto row = co_await self.store(who, "one");
    marks.push_back((co_await mark()).value());
    row.name = "Renamed";
    (co_await self.agents().update(who.scope, row, who.principal.user_id)).value();
    marks.push_back((co_await mark()).value());
    (co_await self.agents().remove(who.scope, row.id, std::nullopt, self.clock.now())).value();
    marks.push_back((co_await mark()).value());
    EXPECT_EQ(std::set(marks.begin(), marks.end()).size(), marks.size());

    int moved = 0;
    for (const char* name : {"b", "c", "d"}) {
        const auto other = co_await self.user(name);
        const auto before = (co_await mark()).value();
        co_await self.store(other, "two");
        (co_await self.agents().list(who.scope, {})).value();
        moved += (co_await mark()).value() == before ? 0 : 1;
    }
    EXPECT_LE(moved, self.is_postgres() ? 0 : 2) << "on SQLite two tenants may share a counter, four hardly ever do";
}

/// On PostgreSQL calls share statements: each still gets its own tenant's mark, read after it asked, also beside callers that give up.
AGENTIC_CO_TEST_P(AgentRows, ChangeMarksOfManyCallersAtOnceAreTheirOwn) {
    const auto quitter = co_await self.user("a");
    const auto writer = co_await self.user("b");
    const auto reader = co_await self.user("c");
    co_await self.store(quitter, "first");
    const auto executor = co_await asio::this_coro::executor;
    int wrong = 0;
    int running = 0;
    const auto ask = [&](TestUser who, std::uint64_t least, std::uint64_t most) -> Awaitable<void> {
        const auto mark = co_await self.db().change_mark(who.scope, "agents");
        if (mark && (*mark < least || *mark > most)) ++wrong;
    };
    const auto ended = [&](auto&&...) { --running; };
    for (int i = 0; i < 30; ++i) {
        co_await self.store(writer, "agent-" + std::to_string(i));
        const auto written = (co_await self.db().change_mark(writer.scope, "agents")).value();
        const auto still = (co_await self.db().change_mark(reader.scope, "agents")).value();
        running += 12;
        for (int caller = 0; caller < 4; ++caller) {
            asio::co_spawn(executor, ask(writer, written, UINT64_MAX), ended);
            asio::co_spawn(executor, ask(reader, still, still), ended);
            asio::co_spawn(executor, ask(quitter, 1, UINT64_MAX), asio::cancel_after(std::chrono::microseconds(caller * 100 + 1), ended));
        }
    }
    async::SteadyTimer timer(executor);
    while (running > 0) {
        timer.expires_after(std::chrono::milliseconds(1));
        co_await timer.async_wait(asio::use_awaitable_t<IoExecutor>());
    }
    EXPECT_EQ(wrong, 0);
}

AGENTIC_CO_TEST_P(AgentRows, KeepsEveryField) {
    const auto who = co_await self.user("a");
    const auto stored = co_await self.store(who, "one");
    EXPECT_EQ((co_await self.agents().find(who.scope, stored.id)).value(), stored);
    EXPECT_EQ((co_await self.agents().find_by_slug(who.scope, "one")).value(), stored);
}

AGENTIC_CO_TEST_P(AgentRows, NamesTheSlugThatIsTaken) {
    const auto who = co_await self.user("a");
    co_await self.store(who, "taken");
    const auto again = co_await self.agents().insert(who.scope, agent_row(self.clock, who.principal.user_id, "taken"));
    EXPECT_EQ(code_of(again), ErrorCode::conflict);
    EXPECT_EQ(again.error().public_message, "An agent with the slug 'taken' already exists");

    auto other = co_await self.store(who, "other");
    other.slug = "taken";
    const auto renamed = co_await self.agents().update(who.scope, other, who.principal.user_id);
    EXPECT_EQ(code_of(renamed), ErrorCode::conflict);
    EXPECT_THAT(renamed.error().public_message, HasSubstr("taken"));
}

AGENTIC_CO_TEST_P(AgentRows, LetsTenantsUseTheSameSlug) {
    const auto a = co_await self.user("a"), b = co_await self.user("b");
    const auto of_a = co_await self.store(a, "same"), of_b = co_await self.store(b, "same");
    EXPECT_EQ((co_await self.agents().find_by_slug(a.scope, "same")).value().id, of_a.id);
    EXPECT_EQ((co_await self.agents().find_by_slug(b.scope, "same")).value().id, of_b.id);
}

AGENTIC_CO_TEST_P(AgentRows, HidesForeignAgents) {
    const auto a = co_await self.user("a"), b = co_await self.user("b");
    const auto row = co_await self.store(a, "secret");
    const auto now = self.clock.now();
    EXPECT_EQ(code_of(co_await self.agents().find(b.scope, row.id)), ErrorCode::not_found);
    EXPECT_EQ(code_of(co_await self.agents().find_by_slug(b.scope, "secret")), ErrorCode::not_found);
    EXPECT_EQ(code_of(co_await self.agents().update(b.scope, row, b.principal.user_id)), ErrorCode::precondition_failed);
    EXPECT_EQ(code_of(co_await self.agents().remove(b.scope, row.id, std::nullopt, now)), ErrorCode::not_found);
    EXPECT_EQ(code_of(co_await self.agents().versions(b.scope, row.id, {})), ErrorCode::not_found);
    EXPECT_EQ(code_of(co_await self.agents().restore(b.scope, row.id, 1, b.principal.user_id, now)), ErrorCode::not_found);
    EXPECT_EQ((co_await self.agents().find(a.scope, row.id)).value(), row);
}

AGENTIC_CO_TEST_P(AgentRows, CountsOwnRowsOnly) {
    const auto a = co_await self.user("a"), b = co_await self.user("b");
    for (const auto* slug : {"a1", "a2", "a3"}) co_await self.store(a, slug);
    for (const auto* slug : {"b1", "b2"}) co_await self.store(b, slug);
    for (const std::string_view sort : {"created_at", "name"}) {
        for (const auto& search : {std::optional<std::string>(), std::optional<std::string>("agent")}) {
            const auto of_a = (co_await self.agents().list(a.scope, {.search = search, .sort = sort, .page = {1, 2}})).value();
            EXPECT_EQ(of_a.total, 3);
            EXPECT_EQ(of_a.rows.size(), 2u);
            EXPECT_EQ((co_await self.agents().list(b.scope, {.search = search, .sort = sort})).value().total, 2);
        }
    }
}

AGENTIC_CO_TEST_P(AgentRows, SortsByEveryColumnInBothDirections) {
    const auto who = co_await self.user("a");
    co_await self.store(who, "m");
    auto z = co_await self.store(who, "z");
    co_await self.store(who, "B");
    self.clock.advance(std::chrono::seconds(1));
    z.updated_at = self.clock.now();
    (co_await self.agents().update(who.scope, z, who.principal.user_id)).value();

    EXPECT_THAT(co_await self.slugs(who, {}), ElementsAre("B", "z", "m"));
    EXPECT_THAT(co_await self.slugs(who, {.order = "asc"}), ElementsAre("m", "z", "B"));
    EXPECT_THAT(co_await self.slugs(who, {.sort = "name", .order = "asc"}), ElementsAre("B", "m", "z"));
    EXPECT_THAT(co_await self.slugs(who, {.sort = "name"}), ElementsAre("z", "m", "B"));
    EXPECT_THAT(co_await self.slugs(who, {.sort = "updated_at"}), ElementsAre("z", "B", "m"));
    EXPECT_THAT(co_await self.slugs(who, {.sort = "updated_at", .order = "asc"}), ElementsAre("m", "B", "z"));
}

AGENTIC_CO_TEST_P(AgentRows, PagesWithoutGapsOrRepeats) {
    const auto who = co_await self.user("a");
    for (int i = 0; i < 7; ++i) co_await self.store(who, "s" + std::to_string(i));
    for (const std::string_view sort : {"created_at", "updated_at", "name"}) {
        std::vector<std::string> seen;
        for (std::int64_t page = 1; page <= 4; ++page)
            for (auto& slug : co_await self.slugs(who, {.sort = sort, .page = {page, 2}})) seen.push_back(std::move(slug));
        EXPECT_THAT(seen, ElementsAre("s6", "s5", "s4", "s3", "s2", "s1", "s0")) << sort;
    }
    EXPECT_THAT(co_await self.slugs(who, {.page = {1'000'000, 100}}), ElementsAre());
}

AGENTIC_CO_TEST_P(AgentRows, FiltersByStatusAndText) {
    const auto who = co_await self.user("a");
    co_await self.store(who, "plain");
    auto odd = co_await self.store(who, "odd");
    odd.name = "100%_Sure";
    odd.status = AgentStatus::archived;
    (co_await self.agents().update(who.scope, odd, who.principal.user_id)).value();

    EXPECT_THAT(co_await self.slugs(who, {.status = AgentStatus::archived}), ElementsAre("odd"));
    EXPECT_THAT(co_await self.slugs(who, {.search = "SURE"}), ElementsAre("odd"));
    EXPECT_THAT(co_await self.slugs(who, {.search = "0%_s"}), ElementsAre("odd"));
    EXPECT_THAT(co_await self.slugs(who, {.search = "a%n"}), ElementsAre());
    EXPECT_THAT(co_await self.slugs(who, {.search = "questions"}), ElementsAre("odd", "plain"));
    EXPECT_THAT(co_await self.slugs(who, {.status = AgentStatus::active, .search = "odd"}), ElementsAre());
    EXPECT_EQ((co_await self.agents().list(who.scope, {.status = AgentStatus::archived})).value().total, 1);
    EXPECT_EQ((co_await self.agents().list(who.scope, {.search = "plain"})).value().total, 1);
}

AGENTIC_CO_TEST_P(AgentRows, RefusesAChangeMadeFromAnOldVersion) {
    const auto who = co_await self.user("a");
    auto row = co_await self.store(who, "one");
    row.name = "First";
    EXPECT_EQ((co_await self.agents().update(who.scope, row, who.principal.user_id)).value(), 2);
    row.name = "Late";
    EXPECT_EQ(code_of(co_await self.agents().update(who.scope, row, who.principal.user_id)), ErrorCode::precondition_failed);
    EXPECT_EQ((co_await self.agents().find(who.scope, row.id)).value().name, "First");
    EXPECT_EQ((co_await self.agents().versions(who.scope, row.id, {})).value().total, 2);
}

AGENTIC_CO_TEST_P(AgentRows, RemembersEveryVersionAndWhoMadeIt) {
    auto tenant = co_await TestTenant::create(self.db(), self.clock, "a");
    const auto who = co_await tenant.add_user(self.db(), self.clock, Role::member);
    const auto editor = co_await tenant.add_user(self.db(), self.clock, Role::admin);
    auto row = co_await self.store(who, "one");
    row.system_prompt = std::nullopt;
    row.updated_at = self.clock.now();
    row.version = (co_await self.agents().update(who.scope, row, editor.principal.user_id)).value();

    const auto history = (co_await self.agents().versions(who.scope, row.id, {})).value();
    EXPECT_EQ(history.total, 2);
    EXPECT_EQ(history.rows[0].version, 2);
    EXPECT_EQ(history.rows[0].system_prompt, std::nullopt);
    EXPECT_EQ(history.rows[0].created_by, editor.principal.user_id);
    EXPECT_EQ(history.rows[1].version, 1);
    EXPECT_EQ(history.rows[1].system_prompt, "Be brief.");
    EXPECT_EQ(history.rows[1].created_by, who.principal.user_id);
}

AGENTIC_CO_TEST_P(AgentRows, RestoresAVersionAsANewOne) {
    const auto who = co_await self.user("a");
    const auto first = co_await self.store(who, "one");
    auto changed = first;
    changed.slug = "renamed";
    changed.temperature = 1.5;
    changed.tools.text = R"(["calculator"])";
    changed.status = AgentStatus::inactive;
    (co_await self.agents().update(who.scope, changed, who.principal.user_id)).value();

    const auto restored = (co_await self.agents().restore(who.scope, first.id, 1, who.principal.user_id, self.clock.now())).value();
    auto expected = first;
    expected.slug = "renamed";                     // its address and its status stay
    expected.status = AgentStatus::inactive;
    expected.version = 3;
    expected.updated_at = self.clock.now();
    EXPECT_EQ(restored, expected);
    const auto history = (co_await self.agents().versions(who.scope, first.id, {})).value();
    EXPECT_EQ(history.total, 3);
    EXPECT_EQ(history.rows[1].temperature, 1.5);   // what was there before is kept
    EXPECT_EQ(code_of(co_await self.agents().restore(who.scope, first.id, 9, who.principal.user_id, self.clock.now())), ErrorCode::not_found);
}

AGENTIC_CO_TEST_P(AgentRows, KeepsVersionsFromBeingChanged) {
    static const Statement tamper{.name = "test_tamper",
                                  .sqlite = "UPDATE agent_versions SET name = 'forged' WHERE tenant_id = $1",
                                  .postgres = "UPDATE agent_versions SET name = 'forged' WHERE tenant_id = $1",
                                  .writes = true};
    const auto who = co_await self.user("a");
    const auto row = co_await self.store(who, "one");
    bool changed = false;
    try {
        changed = (co_await self.db().query(who.scope, tamper, {who.scope.tenant_id()})).has_value();
    } catch (const std::exception&) {}
    EXPECT_FALSE(changed);
    EXPECT_EQ((co_await self.agents().versions(who.scope, row.id, {})).value().rows[0].name, row.name);
}

AGENTIC_CO_TEST_P(AgentRows, LosesADeletedAgentEverywhere) {
    const auto who = co_await self.user("a");
    const auto row = co_await self.store(who, "gone");
    const auto now = self.clock.now();
    EXPECT_EQ(code_of(co_await self.agents().remove(who.scope, row.id, 7, now)), ErrorCode::precondition_failed);
    (co_await self.agents().remove(who.scope, row.id, 1, now)).value();

    EXPECT_EQ(code_of(co_await self.agents().find(who.scope, row.id)), ErrorCode::not_found);
    EXPECT_EQ(code_of(co_await self.agents().find_by_slug(who.scope, "gone")), ErrorCode::not_found);
    EXPECT_EQ(code_of(co_await self.agents().versions(who.scope, row.id, {})), ErrorCode::not_found);
    EXPECT_EQ(code_of(co_await self.agents().restore(who.scope, row.id, 1, who.principal.user_id, now)), ErrorCode::not_found);
    EXPECT_EQ(code_of(co_await self.agents().update(who.scope, row, who.principal.user_id)), ErrorCode::precondition_failed);
    EXPECT_EQ(code_of(co_await self.agents().remove(who.scope, row.id, std::nullopt, now)), ErrorCode::not_found);
    EXPECT_EQ((co_await self.agents().list(who.scope, {})).value().total, 0);
    EXPECT_EQ((co_await self.agents().list(who.scope, {.search = "gone", .sort = "name"})).value().total, 0);
    co_await self.store(who, "gone");  // its slug is free again
}

}  // namespace
}  // namespace agentic::db::conformance
