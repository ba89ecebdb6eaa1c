#include "support/fail_at.hpp"
#include "unit/services/accounts_fixture.hpp"

namespace agentic::auth {
namespace {

using test::all_at_once, test::Fixture, test::kPassword, test::refusal, test::successes;

AGENTIC_CO_TEST(Register, MakesATenantAndItsOwnerSignedIn) {
    Fixture f;
    const auto session = co_await f.registered("acme");
    EXPECT_EQ(refusal(session), "");
    EXPECT_EQ(session->token_type, "bearer");
    EXPECT_EQ(session->expires_in, 900);
    EXPECT_EQ(session->user.role, Role::owner);
    const auto who = co_await f.bearer(session->access_token);
    EXPECT_EQ(refusal(who), "");
    EXPECT_EQ(who->principal.email, "owner@example.com");
    EXPECT_EQ(who->tenant.tenant_id(), session->user.tenant_id);
}

AGENTIC_CO_TEST(Register, NamesTheSlugThatIsTaken) {
    Fixture f;
    EXPECT_EQ(refusal(co_await f.registered("acme")), "");
    const auto second = co_await f.registered("acme", "other@example.com");
    EXPECT_EQ(refusal(second), "conflict");
    EXPECT_TRUE(second.error().public_message.contains("'acme'")) << second.error().public_message;
}

AGENTIC_CO_TEST(Register, DerivesTheSlugFromTheName) {
    Fixture f;
    auto op = f.anonymous();
    const auto session = co_await f.accounts.register_tenant(op, {.tenant_name = "  Acme & Co. 2 ", .email = "a@example.com", .password = kPassword});
    auto owner = co_await f.as(session->access_token);
    const auto tenant = co_await db::TenantRepository(*f.database).find(owner->tenant);
    EXPECT_EQ(tenant->slug, "acme-co-2");
    EXPECT_EQ(tenant->plan_type, "enterprise");
}

TEST(SlugOf, KeepsLettersAndDigitsOnly) {
    EXPECT_EQ(slug_of("Acme"), "acme");
    EXPECT_EQ(slug_of("--A  b--"), "a-b");
    EXPECT_EQ(slug_of("密码"), "tenant");
    EXPECT_EQ(slug_of(std::string(100, 'x')).size(), 63u);
}

AGENTIC_CO_TEST(Register, GivesTheFirstTenantEverythingAndLaterOnesTheFreePlan) {
    Fixture f;
    static_cast<void>(co_await f.registered("first"));
    const auto second = co_await f.registered("second");
    auto owner = co_await f.as(second->access_token);
    EXPECT_EQ((co_await db::TenantRepository(*f.database).find(owner->tenant))->plan_type, "free");
}

AGENTIC_CO_TEST(Register, IsRefusedWhenClosed) {
    Fixture f({.registration = Registration::closed});
    EXPECT_EQ(refusal(co_await f.registered("acme")), "forbidden");
    EXPECT_EQ(f.passwords.hashes(), 0u);
}

AGENTIC_CO_TEST(Register, WantsTheSetupTokenFromTheFirst) {
    Fixture f({.registration = Registration::first, .setup_token = Secret("printed-once")});
    EXPECT_EQ(refusal(co_await f.registered("acme")), "forbidden");
    auto op = f.anonymous();
    const auto made = co_await f.accounts.register_tenant(op, {.tenant_name = "A", .email = "a@example.com", .password = kPassword, .setup_token = "printed-once"});
    EXPECT_EQ(refusal(made), "");
    EXPECT_EQ(refusal(co_await f.registered("other")), "forbidden");
}

AGENTIC_CO_TEST(Register, MakesExactlyOneFirstAdminOfAHundred) {
    Fixture f({.registration = Registration::first});
    const auto all = co_await all_at_once(100, [&](int i) { return f.registered("tenant-" + std::to_string(i)); });
    EXPECT_EQ(successes(all), 1);
    for (const auto& one : all) EXPECT_TRUE(one || one.error().code == ErrorCode::forbidden);
}

AGENTIC_CO_TEST(Login, AnswersWrongUnknownAndSuspendedAlikeAndAtTheSameCost) {
    Fixture f;
    const auto owner = co_await f.registered("acme");
    static_cast<void>(co_await f.member(*owner, "suspended@example.com", Role::member));
    auto op = co_await f.as(owner->access_token);
    const auto suspended = co_await db::UserRepository(*f.database).candidates("suspended@example.com", std::nullopt, 5);
    EXPECT_EQ(refusal(co_await f.people.update(*op, suspended->at(0).id, {.status = UserStatus::suspended})), "");

    std::vector<std::string> messages;
    for (const auto& [email, password] : {std::pair{"owner@example.com", "wrong password"}, {"nobody@example.com", "wrong password"}, {"suspended@example.com", kPassword}, {"suspended@example.com", "wrong"}}) {
        const auto before = f.passwords.hashes();
        const auto out = co_await f.login(email, password);
        EXPECT_EQ(refusal(out), "not_authenticated") << email;
        messages.push_back(out.error().public_message);
        EXPECT_EQ(f.passwords.hashes(), before + 1) << email;
    }
    for (const auto& message : messages) EXPECT_EQ(message, messages[0]);
    EXPECT_TRUE(messages[0].contains("`tenant`")) << messages[0];  // what may help is told to everybody
}

AGENTIC_CO_TEST(Login, TakesAsLongWhateverTheNumberOfTenants) {
    Fixture f;
    for (const auto* tenant : {"one", "two", "three"}) static_cast<void>(co_await f.registered(tenant, "ada@example.com"));
    static_cast<void>(co_await f.registered("four", "bob@example.com"));
    PasswordHasher dearer({.bcrypt_cost = 9});
    AccountService accounts(f.executor, dearer, f.tokens, f.principals, f.throttle, {});
    const auto floor = 5 * dearer.hash_time();
    const auto time_of = [&](std::string email, std::optional<std::string> tenant) -> Awaitable<std::chrono::steady_clock::duration> {
        auto op = f.anonymous();
        const auto started = std::chrono::steady_clock::now();
        EXPECT_EQ(refusal(co_await accounts.login(op, {std::move(email), "wrong", std::move(tenant)}, test::kAddress)), "not_authenticated");
        co_return std::chrono::steady_clock::now() - started;
    };
    for (const auto* email : {"ada@example.com", "bob@example.com", "nobody@example.com"}) EXPECT_GE(co_await time_of(email, std::nullopt), floor) << email;
    EXPECT_LT(co_await time_of("bob@example.com", "four"), floor);  // names the tenant, so there is nothing to hide
}

TEST(PasswordHasher, ExpectsTwiceTheTimeWithEveryStepOfTheCost) {
    EXPECT_EQ(PasswordHasher({.bcrypt_cost = 12}).hash_time(), std::chrono::milliseconds(300));
    EXPECT_EQ(PasswordHasher({.bcrypt_cost = 13}).hash_time(), std::chrono::milliseconds(600));
}

AGENTIC_CO_TEST(Login, CountsNoFailureWhileTheDatabaseIsAway) {
    agentic::test::TestDatabase database;
    agentic::test::FailAt failing(*database);
    test::Accounts f(failing);
    static_cast<void>(co_await f.registered("acme"));
    failing.break_at(1, agentic::test::FailAt::When::before);
    EXPECT_EQ(refusal(co_await f.registered("other")), "unavailable");
    for (int i = 0; i < 10; ++i) EXPECT_EQ(refusal(co_await f.login("owner@example.com")), "unavailable");
    failing.heal();
    EXPECT_EQ(refusal(co_await f.login("owner@example.com")), "");
}

AGENTIC_CO_TEST(Login, FindsTheEmailInAnyCase) {
    Fixture f;
    static_cast<void>(co_await f.registered("acme", "Ada@Example.com"));
    EXPECT_EQ((co_await f.login("aDA@example.COM"))->user.email, "Ada@Example.com");
}

AGENTIC_CO_TEST(Login, NeverCrossesTenantsThatShareAnEmail) {
    Fixture f;
    const auto one = co_await f.registered("one", "ada@example.com", "password of tenant one");
    const auto two = co_await f.registered("two", "ada@example.com", "password of tenant two");
    EXPECT_EQ((co_await f.login("ada@example.com", "password of tenant one"))->user.tenant_id, one->user.tenant_id);
    EXPECT_EQ((co_await f.login("ada@example.com", "password of tenant two"))->user.tenant_id, two->user.tenant_id);
    EXPECT_EQ(refusal(co_await f.login("ada@example.com", "password of tenant one", "two")), "not_authenticated");
    EXPECT_EQ((co_await f.login("ada@example.com", "password of tenant two", "two"))->user.tenant_id, two->user.tenant_id);
}

AGENTIC_CO_TEST(Login, AsksForTheTenantWhenThePasswordFitsSeveral) {
    Fixture f;
    static_cast<void>(co_await f.registered("one", "ada@example.com"));
    static_cast<void>(co_await f.registered("two", "ada@example.com"));
    const auto out = co_await f.login("ada@example.com");
    EXPECT_EQ(refusal(out), "validation_error");
    EXPECT_EQ(out.error().violations.at(0).field, "tenant");
    EXPECT_EQ(refusal(co_await f.login("ada@example.com", kPassword, "two")), "");
}

AGENTIC_CO_TEST(Login, RehashesAtAnotherCost) {
    Fixture f;
    static_cast<void>(co_await f.registered("acme"));
    PasswordHasher dearer({.bcrypt_cost = 5});
    AccountService accounts(*f.database, dearer, f.tokens, f.principals, f.throttle, {});
    auto op = f.anonymous();
    EXPECT_EQ(refusal(co_await accounts.login(op, {"owner@example.com", kPassword, {}}, test::kAddress)), "");
    const auto stored = co_await db::UserRepository(*f.database).candidates("owner@example.com", std::nullopt, 1);
    EXPECT_FALSE(dearer.needs_rehash(stored->at(0).password_hash));
    EXPECT_EQ(refusal(co_await f.login("owner@example.com")), "");
}

AGENTIC_CO_TEST(Login, ThrottlesTheGuesserAndNotTheVictim) {
    Fixture f;
    static_cast<void>(co_await f.registered("acme"));
    for (int i = 0; i < 5; ++i) EXPECT_EQ(refusal(co_await f.login("owner@example.com", "guess", {}, "203.0.113.9")), "not_authenticated");
    const auto before = f.passwords.hashes();
    const auto sixth = co_await f.login("owner@example.com", kPassword, {}, "203.0.113.9");
    EXPECT_EQ(refusal(sixth), "rate_limited");
    EXPECT_GT(sixth.error().retry_after_s, 0);
    EXPECT_EQ(f.passwords.hashes(), before);  // refused before hashing
    EXPECT_EQ(refusal(co_await f.login("owner@example.com")), "");
    f.clock.advance(std::chrono::minutes(15));
    EXPECT_EQ(refusal(co_await f.login("owner@example.com", kPassword, {}, "203.0.113.9")), "");
}

AGENTIC_CO_TEST(Refresh, GivesANewPairAndUsesUpTheOld) {
    Fixture f;
    const auto first = co_await f.registered("acme");
    f.clock.advance(std::chrono::minutes(1));
    const auto second = co_await f.refreshed(*first->refresh_token);
    EXPECT_EQ(refusal(second), "");
    EXPECT_NE(second->refresh_token, first->refresh_token);
    EXPECT_EQ(refusal(co_await f.bearer(second->access_token)), "");
    EXPECT_EQ(refusal(co_await f.refreshed(*second->refresh_token)), "");
}

AGENTIC_CO_TEST(Refresh, ReuseEndsTheWholeFamily) {
    Fixture f;
    const auto first = co_await f.registered("acme");
    f.clock.advance(std::chrono::minutes(1));
    const auto second = co_await f.refreshed(*first->refresh_token);
    f.clock.advance(kReuseGrace + std::chrono::milliseconds(1));
    EXPECT_EQ(refusal(co_await f.refreshed(*first->refresh_token)), "not_authenticated");
    EXPECT_EQ(refusal(co_await f.refreshed(*second->refresh_token)), "not_authenticated");
    EXPECT_EQ(refusal(co_await f.bearer(second->access_token)), "not_authenticated");
    EXPECT_EQ(refusal(co_await f.login("owner@example.com")), "");  // other sessions are possible
}

// A client with two tabs, or one that lost the answer, refreshes twice within moments.
AGENTIC_CO_TEST(Refresh, ASecondOneWithinTheGraceIsOnlyRefused) {
    Fixture f;
    const auto first = co_await f.registered("acme");
    const auto second = co_await f.refreshed(*first->refresh_token);
    for (const auto later : {std::chrono::milliseconds(3), std::chrono::milliseconds(kReuseGrace) - std::chrono::milliseconds(3)}) {
        f.clock.advance(later);
        EXPECT_EQ(refusal(co_await f.refreshed(*first->refresh_token)), "not_authenticated");
    }
    EXPECT_EQ(refusal(co_await f.bearer(second->access_token)), "");
    EXPECT_EQ(refusal(co_await f.refreshed(*second->refresh_token)), "");
}

AGENTIC_CO_TEST(Refresh, HasExactlyOneWinnerOfThirtyTwoWhoseSessionLives) {
    Fixture f;
    const auto first = co_await f.registered("acme");
    const auto all = co_await all_at_once(32, [&](int) -> Task<schemas::Session> {
        f.clock.advance(std::chrono::milliseconds(1));
        co_return co_await f.refreshed(*first->refresh_token);
    });
    const auto winner = std::ranges::find_if(all, [](const auto& one) { return one.has_value(); });
    EXPECT_EQ(successes(all), 1);
    f.clock.advance(std::chrono::milliseconds(1));
    EXPECT_EQ(refusal(co_await f.refreshed(*(*winner)->refresh_token)), "");
}

AGENTIC_CO_TEST(Refresh, RefusesWhatIsNoRefreshToken) {
    Fixture f;
    const auto session = co_await f.registered("acme");
    for (const auto& token : {std::string(), std::string("x"), session->access_token, *session->refresh_token + "A", secret_hash(*session->refresh_token)})
        EXPECT_EQ(refusal(co_await f.refreshed(token)), "not_authenticated");
    EXPECT_EQ(refusal(co_await f.bearer(*session->refresh_token)), "not_authenticated");
    f.clock.advance(std::chrono::hours(7 * 24));
    EXPECT_EQ(refusal(co_await f.refreshed(*session->refresh_token)), "not_authenticated");
}

AGENTIC_CO_TEST(Logout, EndsTheSessionAtOnceAndTheOthersWithAll) {
    Fixture f;
    const auto one = co_await f.registered("acme");
    const auto two = co_await f.login("owner@example.com");
    const auto three = co_await f.login("owner@example.com");
    for (const auto* session : {&one, &two, &three}) EXPECT_EQ(refusal(co_await f.bearer((*session)->access_token)), "");  // all in the cache
    auto op = co_await f.as(one->access_token);
    EXPECT_EQ(refusal(co_await f.accounts.logout(*op, false)), "");
    EXPECT_EQ(refusal(co_await f.bearer(one->access_token)), "not_authenticated");
    EXPECT_EQ(refusal(co_await f.refreshed(*one->refresh_token)), "not_authenticated");
    EXPECT_EQ(refusal(co_await f.bearer(two->access_token)), "");
    auto op_two = co_await f.as(two->access_token);
    EXPECT_EQ(refusal(co_await f.accounts.logout(*op_two, true)), "");
    EXPECT_EQ(refusal(co_await f.bearer(three->access_token)), "not_authenticated");
}

AGENTIC_CO_TEST(ChangePassword, EndsOtherSessionsAndApiKeysAndKeepsThisSession) {
    Fixture f;
    const auto one = co_await f.registered("acme");
    const auto two = co_await f.login("owner@example.com");
    const auto other = co_await f.member(*one, "other@example.com", Role::member);
    auto op = co_await f.as(one->access_token), op_other = co_await f.as(other->access_token);
    const auto key = co_await f.api_keys.create(*op, {.name = "ci", .scopes = {}, .expires_at = {}}), key_other = co_await f.api_keys.create(*op_other, {.name = "ci", .scopes = {}, .expires_at = {}});
    for (const auto* made : {&key, &key_other}) EXPECT_EQ(refusal(co_await f.key_header((*made)->key)), "");  // both in the cache
    const auto change = [&](std::string from, std::string to) { return f.accounts.change_password(*op, {std::move(from), std::move(to)}, test::kAddress); };
    EXPECT_EQ(refusal(co_await change("not the password", "another long secret")), "validation_error");
    EXPECT_EQ(refusal(co_await change(kPassword, "owner@example.com")), "validation_error");
    EXPECT_EQ(refusal(co_await change(kPassword, "another long secret")), "");
    EXPECT_EQ(refusal(co_await f.bearer(one->access_token)), "");
    EXPECT_EQ(refusal(co_await f.bearer(two->access_token)), "not_authenticated");
    EXPECT_EQ(refusal(co_await f.key_header(key->key)), "not_authenticated");
    EXPECT_EQ(refusal(co_await f.key_header(key_other->key)), "");
    EXPECT_EQ(refusal(co_await f.login("owner@example.com")), "not_authenticated");
    EXPECT_EQ(refusal(co_await f.login("owner@example.com", "another long secret")), "");
}

AGENTIC_CO_TEST(PurgeEndedSessions, ForgetsOnlyWhatEndedADayAgo) {
    Fixture f;
    static_cast<void>(co_await f.registered("acme"));
    f.clock.advance(std::chrono::hours(7 * 24 + 23));
    EXPECT_EQ(*co_await f.accounts.purge_ended_sessions(f.clock.now()), 0);
    f.clock.advance(std::chrono::hours(2));
    EXPECT_EQ(*co_await f.accounts.purge_ended_sessions(f.clock.now()), 1);
}

}  // namespace
}  // namespace agentic::auth
