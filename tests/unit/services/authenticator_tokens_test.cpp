#include "unit/services/accounts_fixture.hpp"

namespace agentic::auth {
namespace {

using namespace std::chrono_literals;
using test::Fixture, test::kPassword, test::refusal;

/// An owner, and a member with one credential of every type.
struct Scene {
    Fixture f;
    schemas::Session owner;
    schemas::Session member;
    schemas::Session member_elsewhere;
    std::string key;

    Task<> set_up() {
        AGENTIC_CO_TRY(owner, co_await f.registered("acme"));
        AGENTIC_CO_TRY(member, co_await f.member(owner, "member@example.com", Role::member));
        AGENTIC_CO_TRY(member_elsewhere, co_await f.login("member@example.com"));
        AGENTIC_CO_TRY(auto op, co_await f.as(member.access_token));
        AGENTIC_CO_TRY(const auto created, co_await f.api_keys.create(op, {.name = "ci", .scopes = {"agents:read"}, .expires_at = {}}));
        key = created.key;
        co_return co_await expect_all("");
    }

    /// What every credential of the member answers, in every spelling of the headers; also fills the cache.
    Task<> expect_all(std::string expected) {
        EXPECT_EQ(refusal(co_await f.bearer(member.access_token)), expected) << "access token";
        EXPECT_EQ(refusal(co_await f.bearer(member_elsewhere.access_token)), expected) << "other session";
        EXPECT_EQ(refusal(co_await f.bearer(key)), expected) << "API key as bearer";
        EXPECT_EQ(refusal(co_await f.key_header(key)), expected) << "API key in its header";
        EXPECT_EQ(refusal(co_await f.authenticator.authenticate("bEaReR " + key, "")), expected) << "API key, odd scheme";
        co_return Result<void>();
    }
    Task<> expect_no_refresh() {
        for (const auto* session : {&member, &member_elsewhere}) EXPECT_EQ(refusal(co_await f.refreshed(*session->refresh_token)), "not_authenticated");
        EXPECT_EQ(refusal(co_await f.login("member@example.com")), "not_authenticated");
        co_return Result<void>();
    }
    Task<OpContext> as_owner() { return f.as(owner.access_token); }
};

AGENTIC_CO_TEST(Revocation, SuspensionStopsEveryCredentialAtOnce) {
    Scene s;
    EXPECT_TRUE(co_await s.set_up());
    auto op = co_await s.as_owner();
    EXPECT_TRUE(co_await s.f.people.update(*op, s.member.user.id, {.status = UserStatus::suspended}));
    EXPECT_TRUE(co_await s.expect_all("forbidden"));
    EXPECT_TRUE(co_await s.expect_no_refresh());
    EXPECT_TRUE(co_await s.f.people.update(*op, s.member.user.id, {.status = UserStatus::active}));
    EXPECT_EQ(refusal(co_await s.f.bearer(s.member.access_token)), "not_authenticated");  // the old sessions stay ended
}

AGENTIC_CO_TEST(Revocation, DeletionStopsEveryCredentialAtOnce) {
    Scene s;
    EXPECT_TRUE(co_await s.set_up());
    auto op = co_await s.as_owner();
    EXPECT_TRUE(co_await s.f.people.remove(*op, s.member.user.id));
    EXPECT_TRUE(co_await s.expect_all("not_authenticated"));
    EXPECT_TRUE(co_await s.expect_no_refresh());
}

AGENTIC_CO_TEST(Revocation, SuspensionOfTheTenantStopsEverybody) {
    Scene s;
    EXPECT_TRUE(co_await s.set_up());
    auto op = co_await s.as_owner();
    EXPECT_TRUE(co_await db::TenantRepository(*s.f.database).set_status(op->tenant, TenantStatus::suspended, s.f.clock.now()));
    s.f.principals.forget(op->tenant.tenant_id());
    EXPECT_TRUE(co_await s.expect_all("forbidden"));
    EXPECT_TRUE(co_await s.expect_no_refresh());
    EXPECT_EQ(refusal(co_await s.f.login("owner@example.com")), "not_authenticated");
}

AGENTIC_CO_TEST(Revocation, DemotionHoldsAtOnceOnEveryCredential) {
    Scene s;
    EXPECT_TRUE(co_await s.set_up());
    auto op = co_await s.as_owner();
    EXPECT_TRUE(co_await s.f.people.update(*op, s.member.user.id, {.role = Role::viewer}));
    for (const auto& credential : {s.member.access_token, s.member_elsewhere.access_token, s.key}) {
        const auto who = co_await s.f.bearer(credential);
        EXPECT_EQ(who->principal.role, Role::viewer);
    }
    EXPECT_EQ((co_await s.f.refreshed(*s.member.refresh_token))->user.role, Role::viewer);
}

// What another process changes is seen without any word from it.
AGENTIC_CO_TEST(Revocation, ChangesByAnotherProcessHoldWithinFiveSeconds) {
    Scene s;
    EXPECT_TRUE(co_await s.set_up());
    auto op = co_await s.as_owner();
    PrincipalCache elsewhere(s.f.clock);
    PeopleService there(*s.f.database, s.f.passwords, elsewhere);
    EXPECT_TRUE(co_await there.update(*op, s.member.user.id, {.status = UserStatus::suspended}));
    EXPECT_EQ(refusal(co_await s.f.bearer(s.member.access_token)), "");  // the price of not asking each time
    s.f.clock.advance(5s);
    EXPECT_TRUE(co_await s.expect_all("forbidden"));
}

AGENTIC_CO_TEST(TokenAuthenticator, AnswersFromTheCacheWithoutTheDatabase) {
    Scene s;
    EXPECT_TRUE(co_await s.set_up());
    s.f.database.close();
    const auto who = s.f.authenticator.cached("Bearer " + s.member.access_token, "");
    EXPECT_TRUE(who);
    EXPECT_EQ(who->principal.user_id, s.member.user.id);
    EXPECT_EQ(who->principal.kind, Principal::Kind::user);
    EXPECT_EQ(who->tenant.tenant_id(), s.owner.user.tenant_id);
    const auto by_key = s.f.authenticator.cached("", s.key);
    EXPECT_EQ(by_key->principal.scopes, std::vector<std::string>{"agents:read"});
    EXPECT_EQ(by_key->principal.kind, Principal::Kind::api_key);
    s.f.database.open();
}

AGENTIC_CO_TEST(TokenAuthenticator, HonoursAnAccessTokenToItsLastSecondOnly) {
    Fixture f;
    const auto session = co_await f.registered("acme");
    f.clock.advance(899s);
    EXPECT_EQ(refusal(co_await f.bearer(session->access_token)), "");
    f.clock.advance(1s);
    EXPECT_EQ(refusal(co_await f.bearer(session->access_token)), "not_authenticated");
}

AGENTIC_CO_TEST(TokenAuthenticator, RefusesEverythingElse) {
    Scene s;
    EXPECT_TRUE(co_await s.set_up());
    const auto& token = s.member.access_token;
    auto other_key = s.key;
    other_key.back() = other_key.back() == 'A' ? 'B' : 'A';
    for (const auto& [authorization, key, expected] : {
             std::tuple<std::string, std::string, std::string>{"", "", "not_authenticated"},
             {token, "", "not_authenticated"}, {"Basic " + token, "", "not_authenticated"}, {"Bearer", "", "not_authenticated"}, {"Bearer ", "", "not_authenticated"},
             {"Bearer  " + token, "", "not_authenticated"}, {"Bearer " + token + " ", "", "not_authenticated"}, {"", token, "not_authenticated"}, {"", "Bearer " + s.key, "not_authenticated"},
             {"Bearer " + other_key, "", "not_authenticated"}, {"", other_key, "not_authenticated"}, {"", s.key.substr(0, 16), "not_authenticated"}, {"", s.key + "A", "not_authenticated"},
             {"", "agp_" + std::string(55, 'A'), "not_authenticated"}, {"", "agpa_" + std::string(43, 'A'), "not_authenticated"},
             {"Bearer " + token, s.key, "bad_request"}}) {
        EXPECT_FALSE(s.f.authenticator.cached(authorization, key) && expected != "") << authorization << " / " << key;
        EXPECT_EQ(refusal(co_await s.f.authenticator.authenticate(authorization, key)), expected) << authorization << " / " << key;
    }
}

// A token is only good for the tenant it was issued for, even when somebody could sign another claim.
AGENTIC_CO_TEST(TokenAuthenticator, RefusesASessionUnderAnotherTenant) {
    Fixture f;
    const auto one = co_await f.registered("one"), two = co_await f.registered("two", "two@example.com");
    const auto& user = one->user;
    const auto session_id = (co_await f.bearer(one->access_token))->principal.session_id;
    EXPECT_EQ(refusal(co_await f.bearer(f.tokens.issue(user.id, user.tenant_id, session_id, f.clock.now()))), "");
    EXPECT_EQ(refusal(co_await f.bearer(f.tokens.issue(user.id, two->user.tenant_id, session_id, f.clock.now()))), "not_authenticated");
    EXPECT_EQ(refusal(co_await f.bearer(f.tokens.issue(two->user.id, user.tenant_id, session_id, f.clock.now()))), "not_authenticated");
    EXPECT_EQ(refusal(co_await f.bearer(f.tokens.issue(user.id, user.tenant_id, make_uuid_v7(1), f.clock.now()))), "not_authenticated");
}

AGENTIC_CO_TEST(TokenAuthenticator, FailsAsUnavailableWhenTheDatabaseDoes) {
    Fixture f;
    const auto session = co_await f.registered("acme");
    class Broken final : public db::Executor {
        Task<db::Rows> query(db::Scope, const db::Statement&, db::Params) override { co_return fail(ErrorCode::unavailable, "gone"); }
        Task<std::vector<db::Rows>> batch(db::Scope, db::Batch) override { co_return fail(ErrorCode::unavailable, "gone"); }
        Task<std::vector<db::Rows>> read(db::Scope, db::Batch) override { co_return fail(ErrorCode::unavailable, "gone"); }
        Task<std::uint64_t> change_mark(TenantScope, std::string_view) override { co_return fail(ErrorCode::unavailable, "gone"); }
        Task<> ping() override { co_return fail(ErrorCode::unavailable, "gone"); }
        Engine engine() const override { return Engine::sqlite; }
    } broken;
    TokenAuthenticator authenticator(broken, f.tokens, f.principals, f.clock);
    EXPECT_EQ(refusal(co_await authenticator.authenticate("Bearer " + session->access_token, "")), "unavailable");
    EXPECT_EQ(refusal(co_await authenticator.authenticate("", "agp_0123456789ab" + std::string(43, 'A'))), "unavailable");
}

Principal somebody(Uuid tenant) { return {.user_id = make_uuid_v7(2), .tenant_id = tenant, .email = "a@example.com"}; }

TEST(PrincipalCache, SendsOneCallerToRenewAndServesTheOthersMeanwhile) {
    agentic::test::FakeClock clock;
    PrincipalCache cache(clock);
    cache.store("token", somebody(make_uuid_v7(1)), cache.about_to_ask(), 1h);
    EXPECT_TRUE(cache.find("token"));
    clock.advance(PrincipalCache::kRenew);
    EXPECT_FALSE(cache.find("token"));
    EXPECT_TRUE(cache.find("token"));
    clock.advance(PrincipalCache::kKeep - PrincipalCache::kRenew);
    EXPECT_FALSE(cache.find("token"));
}

TEST(PrincipalCache, ForgetsOneTenantAndKeepsAnother) {
    agentic::test::FakeClock clock;
    PrincipalCache cache(clock);
    const auto one = make_uuid_v7(1);
    auto two = make_uuid_v7(1);
    while (std::hash<Uuid>()(one) % 1024 == std::hash<Uuid>()(two) % 1024) two = make_uuid_v7(1);
    cache.store("one", somebody(one), cache.about_to_ask(), 1h);
    cache.store("two", somebody(two), cache.about_to_ask(), 1h);
    cache.forget(one);
    EXPECT_FALSE(cache.find("one"));
    EXPECT_TRUE(cache.find("two"));
}

TEST(PrincipalCache, DoesNotKeepAnAnswerThatAChangeOvertook) {
    agentic::test::FakeClock clock;
    PrincipalCache cache(clock);
    const auto tenant = make_uuid_v7(1);
    const auto asked = cache.about_to_ask();
    cache.forget(tenant);
    cache.store("token", somebody(tenant), asked, 1h);
    EXPECT_FALSE(cache.find("token"));
}

TEST(PrincipalCache, StaysWithinItsBound) {
    agentic::test::FakeClock clock;
    PrincipalCache cache(clock, 160);
    std::size_t kept = 0;
    for (int i = 0; i < 2000; ++i) cache.store("token " + std::to_string(i), somebody(make_uuid_v7(1)), cache.about_to_ask(), 1h);
    for (int i = 0; i < 2000; ++i) kept += cache.find("token " + std::to_string(i)) ? 1 : 0;
    EXPECT_LE(kept, 160u);
    EXPECT_GT(kept, 0u);
}

}  // namespace
}  // namespace agentic::auth
