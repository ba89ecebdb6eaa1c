#include "support/interposed.hpp"
#include "unit/services/accounts_fixture.hpp"

namespace agentic::auth {
namespace {

using namespace std::chrono_literals;
using test::Fixture, test::kPassword, test::refusal;

TEST(MayManage, FollowsTheOrderOfRoles) {
    for (const auto subject : {Role::viewer, Role::member, Role::admin, Role::owner}) {
        EXPECT_TRUE(may_manage(Role::owner, subject));
        EXPECT_EQ(may_manage(Role::admin, subject), subject != Role::owner);
        EXPECT_FALSE(may_manage(Role::member, subject));
        EXPECT_FALSE(may_manage(Role::viewer, subject));
    }
}

AGENTIC_CO_TEST(People, AnAdminTouchesNoOwnerAndMakesNone) {
    Fixture f;
    const auto owner = co_await f.registered("acme");
    const auto admin = co_await f.member(*owner, "admin@example.com", Role::admin);
    const auto other = co_await f.member(*owner, "other@example.com", Role::member);
    auto op = co_await f.as(admin->access_token);
    EXPECT_EQ(refusal(co_await f.people.update(*op, owner->user.id, {.status = UserStatus::suspended})), "forbidden");
    EXPECT_EQ(refusal(co_await f.people.update(*op, owner->user.id, {.role = Role::viewer})), "forbidden");
    EXPECT_EQ(refusal(co_await f.people.remove(*op, owner->user.id)), "forbidden");
    EXPECT_EQ(refusal(co_await f.people.update(*op, other->user.id, {.role = Role::owner})), "forbidden");
    EXPECT_EQ(refusal(co_await f.people.create(*op, {.email = "x@example.com", .password = kPassword, .role = Role::owner})), "forbidden");
    EXPECT_EQ(refusal(co_await f.people.invite(*op, {.email = "x@example.com", .role = Role::owner})), "forbidden");
    EXPECT_EQ(refusal(co_await f.people.update(*op, other->user.id, {.role = Role::admin})), "");
}

AGENTIC_CO_TEST(People, NobodyChangesTheirOwnRightsOrDeletesThemselves) {
    Fixture f;
    const auto owner = co_await f.registered("acme");
    static_cast<void>(co_await f.member(*owner, "second@example.com", Role::owner));
    auto op = co_await f.as(owner->access_token);
    EXPECT_EQ(refusal(co_await f.people.update(*op, owner->user.id, {.role = Role::viewer})), "forbidden");
    EXPECT_EQ(refusal(co_await f.people.update(*op, owner->user.id, {.status = UserStatus::suspended})), "forbidden");
    EXPECT_EQ(refusal(co_await f.people.remove(*op, owner->user.id)), "forbidden");
    EXPECT_EQ((co_await f.people.update(*op, owner->user.id, {.first_name = std::optional<std::string>("Ada")}))->first_name, "Ada");
}

// Two owners take each other's rights away at the same moment; each saw the other as an active owner.
AGENTIC_CO_TEST(People, TheLastActiveOwnerStays) {
    Fixture f;
    const auto one = co_await f.registered("acme");
    const auto two = co_await f.member(*one, "two@example.com", Role::owner);
    auto op_one = co_await f.as(one->access_token), op_two = co_await f.as(two->access_token);
    EXPECT_EQ(refusal(co_await f.people.update(*op_one, two->user.id, {.role = Role::member})), "");
    const auto late = co_await f.people.update(*op_two, one->user.id, {.status = UserStatus::suspended});
    EXPECT_EQ(refusal(late), "conflict");
    EXPECT_TRUE(late.error().public_message.contains("owner"));
    EXPECT_EQ(refusal(co_await f.people.remove(*op_two, one->user.id)), "conflict");
    EXPECT_EQ(refusal(co_await f.bearer(one->access_token)), "");
}

AGENTIC_CO_TEST(People, AnOvertakenChangeOfAnOwnerSaysSo) {
    agentic::test::TestDatabase database;
    agentic::test::Interposed interposed(*database);
    test::Accounts f(interposed);
    const auto one = co_await f.registered("acme");
    const auto two = co_await f.member(*one, "two@example.com", Role::owner);
    auto op = co_await f.as(one->access_token);
    f.clock.advance(1s);
    const auto rename = [&]() -> Awaitable<void> {
        EXPECT_EQ(refusal(co_await db::UserRepository(*database).set_profile(op->tenant, two->user.id, {.first_name = "Ada"}, f.clock.now())), "");
    };
    interposed.before("user_set_access", rename);
    const auto late = co_await f.people.update(*op, two->user.id, {.role = Role::member});
    EXPECT_EQ(refusal(late), "conflict");
    EXPECT_TRUE(late.error().public_message.contains("somebody else")) << late.error().public_message;
    f.clock.advance(1s);
    interposed.before("user_delete", rename);
    const auto removed = co_await f.people.remove(*op, two->user.id);
    EXPECT_EQ(refusal(removed), "conflict");
    EXPECT_TRUE(removed.error().public_message.contains("somebody else")) << removed.error().public_message;
    EXPECT_EQ(refusal(co_await f.people.remove(*op, two->user.id)), "");
}

AGENTIC_CO_TEST(People, ListsSearchesAndCountsTheOwnTenantOnly) {
    Fixture f;
    const auto owner = co_await f.registered("acme");
    const auto foreign = co_await f.registered("other", "foreign@example.com");
    for (const auto* email : {"ada@example.com", "bob_b@example.com", "bobxb@example.com"}) static_cast<void>(co_await f.member(*owner, email, Role::member));
    auto op = co_await f.as(owner->access_token);
    db::UserRepository users(*f.database);
    const auto all = co_await users.list(op->tenant, {.page = {1, 2}});
    EXPECT_EQ(all->total, 4);
    EXPECT_EQ(all->rows.size(), 2u);
    const auto found = co_await users.list(op->tenant, {.role = Role::member, .search = "BOB_B"});
    EXPECT_EQ(found->total, 1);
    EXPECT_EQ(found->rows.at(0).email, "bob_b@example.com");
    EXPECT_EQ((co_await users.list(op->tenant, {.search = "foreign"}))->total, 0);
    EXPECT_EQ(refusal(co_await users.find(op->tenant, foreign->user.id)), "not_found");
    EXPECT_EQ(refusal(co_await f.people.update(*op, foreign->user.id, {.role = Role::viewer})), "not_found");
    EXPECT_EQ(refusal(co_await f.people.remove(*op, foreign->user.id)), "not_found");
}

AGENTIC_CO_TEST(People, AnEmailIsUniqueAmongTheLivingOfATenant) {
    Fixture f;
    const auto owner = co_await f.registered("acme");
    const auto ada = co_await f.member(*owner, "ada@example.com", Role::member);
    auto op = co_await f.as(owner->access_token);
    const auto again = [&] { return f.people.create(*op, {.email = "ADA@example.com", .password = kPassword}); };
    EXPECT_EQ(refusal(co_await again()), "conflict");
    EXPECT_EQ(refusal(co_await f.people.invite(*op, {.email = "ADA@example.com"})), "conflict");
    EXPECT_EQ(refusal(co_await f.people.remove(*op, ada->user.id)), "");
    EXPECT_EQ(refusal(co_await again()), "");
}

AGENTIC_CO_TEST(Invitation, WorksOnceAndInTime) {
    Fixture f;
    const auto owner = co_await f.registered("acme");
    auto op = co_await f.as(owner->access_token);
    const auto accept = [&](std::string token) -> Task<schemas::Session> {
        auto anonymous = f.anonymous();
        co_return co_await f.accounts.accept_invite(anonymous, {.token = std::move(token), .password = kPassword});
    };
    const auto first = co_await f.people.invite(*op, {.email = "new@example.com", .role = Role::admin});
    const auto replacing = co_await f.people.invite(*op, {.email = "New@example.com", .role = Role::viewer});
    EXPECT_EQ(refusal(co_await accept(first->token)), "not_authenticated");
    for (const auto& wrong : {std::string(), std::string("x"), secret_hash(replacing->token)}) EXPECT_EQ(refusal(co_await accept(wrong)), "not_authenticated");
    const auto joined = co_await accept(replacing->token);
    EXPECT_EQ(joined->user.role, Role::viewer);
    EXPECT_EQ(joined->user.tenant_id, owner->user.tenant_id);
    EXPECT_EQ(refusal(co_await accept(replacing->token)), "not_authenticated");
    const auto late = co_await f.people.invite(*op, {.email = "late@example.com"});
    f.clock.advance(7 * 24h);
    EXPECT_EQ(refusal(co_await accept(late->token)), "not_authenticated");
}

AGENTIC_CO_TEST(Invitation, DiesWithTheRightsOfWhoMadeIt) {
    Fixture f;
    const auto owner = co_await f.registered("acme");
    const auto admin = co_await f.member(*owner, "admin@example.com", Role::admin);
    auto op_admin = co_await f.as(admin->access_token), op = co_await f.as(owner->access_token);
    const auto invitation = co_await f.people.invite(*op_admin, {.email = "friend@example.com", .role = Role::admin});
    EXPECT_EQ(refusal(co_await f.people.update(*op, admin->user.id, {.role = Role::member})), "");
    auto anonymous = f.anonymous();
    EXPECT_EQ(refusal(co_await f.accounts.accept_invite(anonymous, {.token = invitation->token, .password = kPassword})), "not_authenticated");
}

AGENTIC_CO_TEST(ApiKeys, AreShownOnceAndKeptByHash) {
    Fixture f;
    const auto owner = co_await f.registered("acme");
    auto op = co_await f.as(owner->access_token);
    const auto made = co_await f.api_keys.create(*op, {.name = "ci", .scopes = {"rag:write", "agents:read", "rag:write"}, .expires_at = {}});
    EXPECT_TRUE(made->key.starts_with(made->prefix));
    EXPECT_EQ(made->scopes, (std::vector<std::string>{"agents:read", "rag:write"}));
    const auto row = co_await db::ApiKeyRepository(*f.database).find_by_prefix(made->prefix);
    EXPECT_EQ(row->key_hash, secret_hash(made->key));
    const auto listed = co_await f.api_keys.list(*op, {});
    EXPECT_EQ(listed->total, 1);
    EXPECT_FALSE(listed->rows.at(0).last_used_at);
    EXPECT_EQ(refusal(co_await f.key_header(made->key)), "");
    EXPECT_TRUE((co_await f.api_keys.list(*op, {}))->rows.at(0).last_used_at);
}

AGENTIC_CO_TEST(ApiKeys, NeverExceedTheirMaker) {
    Fixture f;
    const auto owner = co_await f.registered("acme");
    const auto viewer = co_await f.member(*owner, "viewer@example.com", Role::viewer);
    auto op = co_await f.as(viewer->access_token);
    const auto refused = co_await f.api_keys.create(*op, {.name = "k", .scopes = {"agents:read", "agents:write", "no:such"}, .expires_at = f.clock.now()});
    EXPECT_EQ(refusal(refused), "validation_error");
    EXPECT_EQ(refused.error().violations.size(), 3u);
    const auto made = co_await f.api_keys.create(*op, {.name = "k", .scopes = {}, .expires_at = {}});
    EXPECT_EQ((co_await f.key_header(made->key))->principal.role, Role::viewer);
}

AGENTIC_CO_TEST(ApiKeys, EndWhenRevokedOrExpired) {
    Fixture f;
    const auto owner = co_await f.registered("acme");
    auto op = co_await f.as(owner->access_token);
    const auto forever = co_await f.api_keys.create(*op, {.name = "a", .scopes = {}, .expires_at = {}});
    const auto brief = co_await f.api_keys.create(*op, {.name = "b", .scopes = {}, .expires_at = f.clock.now().plus(1s)});
    EXPECT_EQ(refusal(co_await f.key_header(forever->key)), "");
    EXPECT_EQ(refusal(co_await f.key_header(brief->key)), "");
    f.clock.advance(1s);
    EXPECT_EQ(refusal(co_await f.key_header(brief->key)), "not_authenticated");
    EXPECT_EQ(refusal(co_await f.api_keys.revoke(*op, forever->id)), "");
    EXPECT_EQ(refusal(co_await f.key_header(forever->key)), "not_authenticated");
    EXPECT_EQ(refusal(co_await f.api_keys.revoke(*op, forever->id)), "not_found");
}

AGENTIC_CO_TEST(ApiKeys, OfOthersAreForAdministrators) {
    Fixture f;
    const auto owner = co_await f.registered("acme");
    const auto member = co_await f.member(*owner, "member@example.com", Role::member);
    auto op = co_await f.as(owner->access_token), op_member = co_await f.as(member->access_token);
    const auto of_owner = co_await f.api_keys.create(*op, {.name = "o", .scopes = {}, .expires_at = {}});
    const auto of_member = co_await f.api_keys.create(*op_member, {.name = "m", .scopes = {}, .expires_at = {}});
    EXPECT_EQ((co_await f.api_keys.list(*op, {}))->total, 2);
    EXPECT_EQ((co_await f.api_keys.list(*op_member, {}))->total, 1);
    EXPECT_EQ(refusal(co_await f.api_keys.revoke(*op_member, of_owner->id)), "not_found");
    EXPECT_EQ(refusal(co_await f.api_keys.revoke(*op, of_member->id)), "");
}

AGENTIC_CO_TEST(PlatformAdmin, IsKnownByItsTokenAndIsNoUser) {
    Fixture f;
    EXPECT_EQ(refusal(co_await f.platform.create("root@example.com", Secret("password"))), "validation_error");
    EXPECT_EQ(refusal(co_await f.platform.create("root@example.com", Secret(kPassword))), "");
    EXPECT_EQ(refusal(co_await f.platform.create("Root@example.com", Secret(kPassword))), "conflict");
    const auto token = co_await f.platform.issue_token("root@example.com", 1h);
    const auto who = co_await f.bearer(std::string(token->reveal()));
    EXPECT_EQ(who->principal.kind, Principal::Kind::platform_admin);
    EXPECT_TRUE(who->tenant.tenant_id().is_nil());
    EXPECT_EQ(refusal(co_await f.login("root@example.com")), "not_authenticated");
}

AGENTIC_CO_TEST(PlatformAdmin, TokensEndInTimeAndWithThePassword) {
    Fixture f;
    static_cast<void>(co_await f.platform.create("root@example.com", Secret(kPassword)));
    const auto brief = co_await f.platform.issue_token("root@example.com", 1min), lasting = co_await f.platform.issue_token("root@example.com", 24h);
    EXPECT_EQ(refusal(co_await f.platform.issue_token("root@example.com", 31 * 24h)), "validation_error");
    EXPECT_EQ(refusal(co_await f.platform.issue_token("nobody@example.com", 1h)), "not_found");
    EXPECT_EQ(refusal(co_await f.bearer(std::string(brief->reveal()))), "");
    EXPECT_EQ(refusal(co_await f.bearer(std::string(lasting->reveal()))), "");
    f.clock.advance(1min);
    EXPECT_EQ(refusal(co_await f.bearer(std::string(brief->reveal()))), "not_authenticated");
    EXPECT_EQ(refusal(co_await f.platform.reset_password("root@example.com", Secret("another long secret"))), "");
    EXPECT_EQ(refusal(co_await f.bearer(std::string(lasting->reveal()))), "not_authenticated");
}

}  // namespace
}  // namespace agentic::auth
