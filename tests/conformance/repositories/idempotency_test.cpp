#include "db/repositories/idempotency.hpp"

#include "conformance/platform.hpp"
#include "support/tenants.hpp"

namespace agentic::db::conformance {
namespace {

using test::TestTenant, test::TestUser;
using namespace std::chrono_literals;

class IdempotencyRows : public Platform {
public:
    IdempotencyRepository keys() { return IdempotencyRepository(db()); }
    Awaitable<TestUser> user(std::string slug) {
        auto tenant = co_await TestTenant::create(db(), clock, std::move(slug));
        co_return co_await tenant.add_user(db(), clock, Role::member);
    }
    IdempotencyClaim claim(const TestUser& user, std::string key = "k") {
        clock.advance(1ms);
        return {.user_id = user.principal.user_id, .operation = "op", .key = std::move(key), .reservation = make_uuid_v7(clock.now().unix_ms())};
    }
    Task<IdempotencyRow> reserve(TestUser user, IdempotencyClaim claim, std::string fingerprint = "f") {
        co_return co_await keys().reserve(user.scope, claim, {.fingerprint = std::move(fingerprint), .now = clock.now(), .locked_until = clock.now().plus(10s), .expires_at = clock.now().plus(24h)});
    }
    Awaitable<bool> holds(TestUser user, IdempotencyClaim claim, std::string fingerprint = "f") {
        co_return (co_await reserve(user, claim, std::move(fingerprint))).value().reservation == claim.reservation;
    }
    Awaitable<Result<std::vector<Rows>>> link(TestUser user, IdempotencyClaim claim, Uuid run) {
        Batch batch;
        batch.push_back(IdempotencyRepository::link_run_step(user.scope, claim, run));
        co_return co_await db().batch(user.scope, std::move(batch));
    }
};
AGENTIC_CONFORMANCE(IdempotencyRows);

AGENTIC_CO_TEST_P(IdempotencyRows, BelongToTheFirstUntilItsLockEnds) {
    const auto user = co_await self.user("acme");
    const auto first = self.claim(user), second = self.claim(user);
    EXPECT_TRUE(co_await self.holds(user, first));
    EXPECT_FALSE(co_await self.holds(user, second));
    self.clock.advance(11s);
    EXPECT_FALSE(co_await self.holds(user, second, "another request"));   // only the same request may take over
    EXPECT_TRUE(co_await self.holds(user, second));
    // The first one is late: whatever it says no longer counts.
    const auto late = co_await self.link(user, first, self.claim(user).reservation);
    EXPECT_TRUE(!late && late.error().code == ErrorCode::conflict);
    (co_await self.keys().finish(user.scope, first, 200, "", "late")).value();
    (co_await self.keys().release(user.scope, first)).value();
    const auto row = (co_await self.reserve(user, self.claim(user))).value();
    EXPECT_EQ(row.reservation, second.reservation);
    EXPECT_EQ(row.status, std::nullopt);
}

AGENTIC_CO_TEST_P(IdempotencyRows, KeepTheFirstOutcome) {
    const auto user = co_await self.user("acme");
    const auto first = self.claim(user);
    EXPECT_TRUE(co_await self.holds(user, first));
    (co_await self.keys().finish(user.scope, first, 201, "a: b\n", "made")).value();
    self.clock.advance(1h);   // past the lock, not past the expiry
    const auto row = (co_await self.reserve(user, self.claim(user))).value();
    EXPECT_EQ(row.reservation, first.reservation);
    EXPECT_EQ(row.status, 201);
    EXPECT_EQ(row.headers + row.body, "a: b\nmade");
    (co_await self.keys().release(user.scope, first)).value();   // has an outcome: stays
    EXPECT_FALSE(co_await self.holds(user, self.claim(user)));
    self.clock.advance(24h);
    EXPECT_TRUE(co_await self.holds(user, self.claim(user), "anything"));
}

AGENTIC_CO_TEST_P(IdempotencyRows, HaveOneRun) {
    const auto user = co_await self.user("acme");
    const auto first = self.claim(user);
    const auto run = self.claim(user).reservation, other = self.claim(user).reservation;
    EXPECT_TRUE(co_await self.holds(user, first));
    EXPECT_TRUE((co_await self.link(user, first, run)).has_value());
    EXPECT_FALSE((co_await self.link(user, first, other)).has_value());
    (co_await self.keys().finish(user.scope, first, 200, "", "x")).value();
    (co_await self.keys().release(user.scope, first)).value();
    self.clock.advance(1h);
    const auto row = (co_await self.reserve(user, self.claim(user))).value();
    EXPECT_EQ(row.run_id, run);
    EXPECT_EQ(row.status, std::nullopt);
}

AGENTIC_CO_TEST_P(IdempotencyRows, AreGivenBackAndForgotten) {
    const auto user = co_await self.user("acme"), stranger = co_await self.user("other");
    const auto first = self.claim(user);
    EXPECT_TRUE(co_await self.holds(user, first));
    EXPECT_TRUE(co_await self.holds(stranger, self.claim(stranger)));   // the same key
    (co_await self.keys().release(user.scope, first)).value();
    EXPECT_TRUE(co_await self.holds(user, self.claim(user)));
    const auto everybody = SystemScope::because("test");
    EXPECT_EQ((co_await self.keys().forget(everybody, self.clock.now())).value(), 0);
    EXPECT_EQ((co_await self.keys().forget(everybody, self.clock.now().plus(25h))).value(), 2);
}

}  // namespace
}  // namespace agentic::db::conformance
