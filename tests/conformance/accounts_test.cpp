// Accounts on every engine: each statement of theirs is run, and every race has one winner.
#include "conformance/platform.hpp"
#include "unit/services/accounts_fixture.hpp"

namespace agentic::db::conformance {
namespace {

using namespace std::chrono_literals;
using auth::test::Accounts, auth::test::all_at_once, auth::test::kAddress, auth::test::kPassword, auth::test::refusal, auth::test::successes;

class AccountsOn : public Platform {};
AGENTIC_CONFORMANCE(AccountsOn);

AGENTIC_CO_TEST_P(AccountsOn, HaveOneFirstTenantOfManyAtOnce) {
    Accounts a(self.db(), {.registration = auth::Registration::first});
    const auto all = co_await all_at_once(40, [&](int i) { return a.registered("tenant-" + std::to_string(i)); });
    EXPECT_EQ(successes(all), 1);
    for (const auto& one : all) EXPECT_TRUE(one || one.error().code == ErrorCode::forbidden);
}

AGENTIC_CO_TEST_P(AccountsOn, HaveOneEnterpriseTenantOfManyAtOnce) {
    Accounts a(self.db());
    const auto all = co_await all_at_once(10, [&](int i) { return a.registered("tenant-" + std::to_string(i)); });
    EXPECT_EQ(successes(all), 10);
    int enterprises = 0;
    for (const auto& one : all) {
        auto op = co_await a.as(one->access_token);
        enterprises += (co_await TenantRepository(self.db()).find(op->tenant))->plan_type == "enterprise" ? 1 : 0;
    }
    EXPECT_EQ(enterprises, 1);
}

AGENTIC_CO_TEST_P(AccountsOn, NameWhatIsTaken) {
    Accounts a(self.db());
    const auto owner = co_await a.registered("acme");
    const auto again = co_await a.registered("acme", "other@example.com");
    EXPECT_EQ(refusal(again), "conflict");
    EXPECT_TRUE(again.error().public_message.contains("'acme'"));
    auto op = co_await a.as(owner->access_token);
    EXPECT_EQ(refusal(co_await a.people.create(*op, {.email = "OWNER@example.com", .password = kPassword})), "conflict");
}

AGENTIC_CO_TEST_P(AccountsOn, LetOneOfManyRefreshesWin) {
    Accounts a(self.db());
    const auto session = co_await a.registered("acme");
    const auto all = co_await all_at_once(32, [&](int) -> Task<schemas::Session> {
        a.clock.advance(1ms);
        co_return co_await a.refreshed(*session->refresh_token);
    });
    EXPECT_EQ(successes(all), 1);
    const auto winner = std::ranges::find_if(all, [](const auto& one) { return one.has_value(); });
    EXPECT_EQ(refusal(co_await a.refreshed(*(*winner)->refresh_token)), "");
    a.clock.advance(auth::kReuseGrace + 1s);
    EXPECT_EQ(refusal(co_await a.refreshed(*session->refresh_token)), "not_authenticated");
    EXPECT_EQ(refusal(co_await a.bearer((*winner)->access_token)), "not_authenticated");
}

AGENTIC_CO_TEST_P(AccountsOn, KeepAnOwnerWhenTwoRemoveEachOther) {
    Accounts a(self.db());
    const auto one = co_await a.registered("acme");
    const auto two = co_await a.member(*one, "two@example.com", Role::owner);
    auto op_one = co_await a.as(one->access_token), op_two = co_await a.as(two->access_token);
    const auto both = co_await all_at_once(2, [&](int i) { return i == 0 ? a.people.remove(*op_one, two->user.id) : a.people.remove(*op_two, one->user.id); });
    EXPECT_EQ(successes(both), 1);
}

AGENTIC_CO_TEST_P(AccountsOn, LetOneOfManyChangesOfWhatWasSeenWin) {
    Accounts a(self.db());
    const auto owner = co_await a.registered("acme");
    const auto member = co_await a.member(*owner, "two@example.com", Role::member);
    auto op = co_await a.as(owner->access_token);
    TenantRepository acme(self.db());
    const auto tenant = (co_await acme.find(op->tenant))->updated_at;
    const auto user = (co_await UserRepository(self.db()).find(op->tenant, member->user.id))->updated_at;
    a.clock.advance(1s);
    const auto users = co_await all_at_once(8, [&](int i) -> Task<std::string> {
        auto own = co_await a.as(owner->access_token);
        AGENTIC_CO_TRY(const auto row, co_await a.people.update(*own, member->user.id, {.first_name = std::optional("n" + std::to_string(i))}, user));
        co_return *row.first_name;
    });
    EXPECT_EQ(successes(users), 1);
    for (const auto& one : users) EXPECT_TRUE(one || one.error().code == ErrorCode::precondition_failed) << refusal(one);
    EXPECT_EQ(refusal(co_await a.people.remove(*op, member->user.id, user)), "precondition_failed");
    const auto tenants = co_await all_at_once(8, [&](int i) { return acme.update(op->tenant, "Acme " + std::to_string(i), std::nullopt, a.clock.now(), tenant); });
    EXPECT_EQ(successes(tenants), 1);
    for (const auto& one : tenants) EXPECT_TRUE(one || one.error().code == ErrorCode::precondition_failed) << refusal(one);
}

AGENTIC_CO_TEST_P(AccountsOn, LetAnInvitationWorkOnce) {
    Accounts a(self.db());
    const auto owner = co_await a.registered("acme");
    auto op = co_await a.as(owner->access_token);
    const auto invitation = co_await a.people.invite(*op, {.email = "new@example.com", .role = Role::member});
    auto anonymous = a.anonymous();
    const auto all = co_await all_at_once(10, [&](int) { return a.accounts.accept_invite(anonymous, {.token = invitation->token, .password = kPassword}); });
    EXPECT_EQ(successes(all), 1);
    EXPECT_EQ(refusal(co_await a.login("new@example.com")), "");
}

AGENTIC_CO_TEST_P(AccountsOn, LetOneOfTwoPasswordChangesWin) {
    Accounts a(self.db());
    const auto session = co_await a.registered("acme"), other = co_await a.login("owner@example.com");
    auto op = co_await a.as(session->access_token);
    const auto key = co_await a.api_keys.create(*op, {.name = "k", .scopes = {}, .expires_at = {}});
    EXPECT_EQ(refusal(co_await a.key_header(key->key)), "");
    const auto both = co_await all_at_once(2, [&](int i) { return a.accounts.change_password(*op, {kPassword, "another long secret " + std::to_string(i)}, kAddress); });
    EXPECT_EQ(successes(both), 1);
    EXPECT_EQ(refusal(co_await a.login("owner@example.com")), "not_authenticated");
    EXPECT_EQ(refusal(co_await a.bearer(other->access_token)), "not_authenticated");
    EXPECT_EQ(refusal(co_await a.key_header(key->key)), "not_authenticated");
    EXPECT_EQ(refusal(co_await a.bearer(session->access_token)), "");
    EXPECT_EQ(refusal(co_await a.accounts.logout(*op, true)), "");
    EXPECT_EQ(refusal(co_await a.bearer(session->access_token)), "not_authenticated");
}

AGENTIC_CO_TEST_P(AccountsOn, StopEveryCredentialOfWhoIsSuspended) {
    Accounts a(self.db());
    const auto owner = co_await a.registered("acme"), member = co_await a.member(*owner, "member@example.com", Role::member);
    auto op = co_await a.as(owner->access_token), op_member = co_await a.as(member->access_token);
    const auto key = co_await a.api_keys.create(*op_member, {.name = "k", .scopes = {"agents:read"}, .expires_at = a.clock.now().plus(1h)});
    EXPECT_EQ(refusal(co_await a.key_header(key->key)), "");
    EXPECT_EQ(refusal(co_await a.people.update(*op, member->user.id, {.status = UserStatus::suspended})), "");
    EXPECT_EQ(refusal(co_await a.key_header(key->key)), "forbidden");
    EXPECT_EQ(refusal(co_await a.bearer(member->access_token)), "forbidden");
    EXPECT_EQ(refusal(co_await a.refreshed(*member->refresh_token)), "not_authenticated");
    EXPECT_EQ(refusal(co_await a.login("member@example.com")), "not_authenticated");
    EXPECT_EQ((co_await a.api_keys.list(*op, {}))->total, 1);
    EXPECT_EQ((co_await a.api_keys.list(*op_member, {}))->rows.size(), 1u);
    EXPECT_EQ(refusal(co_await a.api_keys.revoke(*op, key->id)), "");
}

AGENTIC_CO_TEST_P(AccountsOn, HideForeignPeople) {
    Accounts a(self.db());
    const auto acme = co_await a.registered("acme"), other = co_await a.registered("other", "other@example.com");
    auto op = co_await a.as(acme->access_token), op_other = co_await a.as(other->access_token);
    const auto key = co_await a.api_keys.create(*op_other, {.name = "k", .scopes = {}, .expires_at = {}});
    UserRepository users(self.db());
    EXPECT_EQ(refusal(co_await users.find(op->tenant, other->user.id)), "not_found");
    EXPECT_EQ(refusal(co_await users.set_profile(op->tenant, other->user.id, {.first_name = "x", .last_name = "y"}, a.clock.now())), "not_found");
    EXPECT_EQ(refusal(co_await a.people.remove(*op, other->user.id)), "not_found");
    EXPECT_EQ(refusal(co_await a.api_keys.revoke(*op, key->id)), "not_found");
    EXPECT_EQ((co_await users.list(op->tenant, {.role = Role::owner, .status = UserStatus::active, .search = "OWNER"}))->total, 1);
    EXPECT_EQ((co_await users.list(op->tenant, {.search = "other"}))->total, 0);
    EXPECT_EQ((co_await a.login("other@example.com", kPassword, "other"))->user.id, other->user.id);
    EXPECT_EQ(refusal(co_await a.login("other@example.com", kPassword, "acme")), "not_authenticated");
}

AGENTIC_CO_TEST_P(AccountsOn, LetTwoChangesOfAProfileBothStay) {
    Accounts a(self.db());
    const auto owner = co_await a.registered("acme");
    auto op = co_await a.as(owner->access_token);
    UserRepository users(self.db());
    a.clock.advance(1s);
    const auto both = co_await all_at_once(2, [&](int i) {
        ProfileChange change;
        if (i == 0) change.first_name = "Ada";
        else change.last_name = "Byron";
        return users.set_profile(op->tenant, op->principal.user_id, change, a.clock.now());
    });
    EXPECT_EQ(successes(both), 2);
    const auto row = co_await users.find(op->tenant, op->principal.user_id);
    EXPECT_EQ(row->first_name.value_or("") + " " + row->last_name.value_or(""), "Ada Byron");
    EXPECT_EQ(refusal(co_await users.set_profile(op->tenant, row->id, {.first_name = "Eve"}, a.clock.now(), row->created_at)), "precondition_failed");
    const auto cleared = co_await users.set_profile(op->tenant, row->id, {.first_name = std::optional<std::string>()}, a.clock.now(), row->updated_at);
    EXPECT_FALSE(cleared->first_name);
    EXPECT_EQ(cleared->last_name, "Byron");
}

AGENTIC_CO_TEST_P(AccountsOn, SearchPeopleWithoutRegardToCase) {
    Accounts a(self.db());
    const auto owner = co_await a.registered("acme", "Owner@Example.com");
    auto op = co_await a.as(owner->access_token);
    UserRepository users(self.db());
    static_cast<void>(co_await users.set_profile(op->tenant, op->principal.user_id, {.first_name = "Änne", .last_name = "Öztürk_1"}, a.clock.now()));
    std::vector<std::string> searches{"OWNER@", "Änne", "ztüRK_"};
    if (self.db().engine() == Executor::Engine::postgres) searches.push_back("äNNE ÖZTÜRK");  // SQLite lowers ASCII alone
    for (const auto& search : searches) EXPECT_EQ((co_await users.list(op->tenant, {.search = search}))->total, 1) << search;
    for (const auto* search : {"ZTÜRKX", "%x%", "k-1"}) EXPECT_EQ((co_await users.list(op->tenant, {.search = search}))->total, 0) << search;
}

AGENTIC_CO_TEST_P(AccountsOn, ChangeAndSuspendTheTenant) {
    Accounts a(self.db());
    const auto owner = co_await a.registered("acme");
    auto op = co_await a.as(owner->access_token);
    TenantRepository tenants(self.db());
    const auto changed = co_await tenants.update(op->tenant, "Acme 2", JsonText{R"({"a":1})"}, a.clock.now());
    EXPECT_EQ(changed->name, "Acme 2");
    EXPECT_EQ((co_await tenants.update(op->tenant, std::nullopt, std::nullopt, a.clock.now()))->settings.text, R"({"a":1})");
    EXPECT_EQ(refusal(co_await tenants.set_status(op->tenant, TenantStatus::suspended, a.clock.now())), "");
    EXPECT_EQ(refusal(co_await a.login("owner@example.com")), "not_authenticated");
    a.clock.advance(8 * 24h + 1s);
    EXPECT_EQ(*co_await a.accounts.purge_ended_sessions(a.clock.now()), 1);
}

AGENTIC_CO_TEST_P(AccountsOn, KnowThePlatformsAdministrators) {
    Accounts a(self.db());
    EXPECT_EQ(refusal(co_await a.platform.create("root@example.com", Secret(kPassword))), "");
    EXPECT_EQ(refusal(co_await a.platform.create("ROOT@example.com", Secret(kPassword))), "conflict");
    const auto token = co_await a.platform.issue_token("root@example.com", 1h);
    EXPECT_EQ((co_await a.bearer(std::string(token->reveal())))->principal.kind, Principal::Kind::platform_admin);
    EXPECT_EQ(refusal(co_await a.platform.reset_password("root@example.com", Secret("another long secret"))), "");
    EXPECT_EQ(refusal(co_await a.bearer(std::string(token->reveal()))), "not_authenticated");
}

}  // namespace
}  // namespace agentic::db::conformance
