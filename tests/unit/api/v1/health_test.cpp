#include "api/v1/health.hpp"

#include <boost/asio/co_spawn.hpp>

#include "api/v1/routes.hpp"
#include "unit/api/dispatch_support.hpp"

namespace agentic::api::test {
namespace {

class PingableDatabase final : public db::Executor {
public:
    bool alive = true;
    int pings = 0;

    Task<db::Rows> query(db::Scope, const db::Statement&, db::Params) override { co_return db::Rows{}; }
    Task<std::vector<db::Rows>> batch(db::Scope, db::Batch) override { co_return std::vector<db::Rows>{}; }
    Task<std::vector<db::Rows>> read(db::Scope, db::Batch) override { co_return std::vector<db::Rows>{}; }
    Task<std::uint64_t> change_mark(TenantScope, std::string_view) override { co_return fail(ErrorCode::unavailable, "gone"); }
    Task<> ping() override {
        ++pings;
        if (!alive) co_return fail(ErrorCode::unavailable, "gone");
        co_return Result<void>();
    }
    Engine engine() const override { return Engine::sqlite; }
};

class Health : public testing::Test {
protected:
    PingableDatabase db_;
    Readiness readiness_{db_};
    SystemClock clock_;
    Services services_{.clock = clock_, .db = db_, .readiness = readiness_};
    FakeAuthenticator authenticator_;
    std::vector<Route> routes_ = v1::health_routes();
    Dispatcher dispatcher_{routes_, services_, authenticator_};

    http::Response get(std::string path, bool verbose = false) {
        http::Request request{.path = std::move(path)};
        if (verbose) request.query.emplace_back("verbose", "");
        asio::io_context io;
        http::Response response;
        asio::co_spawn(io, dispatcher_(request), [&](std::exception_ptr, http::Response answer) { response = std::move(answer); });
        io.run();
        return response;
    }
};

TEST_F(Health, LivesWhateverTheDatabaseDoes) {
    db_.alive = false;
    for (const auto* path : {"/health", "/health/live", "/livez"}) {
        const auto response = get(path);
        EXPECT_EQ(response.status, 200) << path;
        EXPECT_EQ(response.body, R"({"status":"ok"})") << path;
    }
    EXPECT_EQ(db_.pings, 0);
}

TEST_F(Health, IsReadyOnlyWhileServingWithADatabase) {
    for (const auto* path : {"/health/ready", "/readyz"}) {
        readiness_.enter(Readiness::Phase::starting);
        EXPECT_EQ(get(path).status, 503);
        EXPECT_EQ(get(path).body, R"({"status":"starting"})");
        readiness_.enter(Readiness::Phase::serving);
        EXPECT_EQ(get(path).status, 200);
        EXPECT_EQ(get(path).body, R"({"status":"ready"})");
        db_.alive = false;
        EXPECT_EQ(get(path).status, 503);
        EXPECT_EQ(get(path).body, R"({"status":"unavailable"})");
        db_.alive = true;
        readiness_.enter(Readiness::Phase::draining);
        EXPECT_EQ(get(path).status, 503);
        EXPECT_EQ(get(path).body, R"({"status":"draining"})");
        EXPECT_TRUE(get(path).headers.get("Retry-After"));
    }
}

TEST_F(Health, ListsItsChecksWhenAsked) {
    readiness_.enter(Readiness::Phase::serving);
    db_.alive = false;
    EXPECT_EQ(get("/readyz", true).body,
              R"({"status":"unavailable","checks":[{"name":"started","ok":true},{"name":"accepting","ok":true},{"name":"database","ok":false}]})");
    EXPECT_EQ(get("/livez", true).body, R"({"status":"ok","checks":[{"name":"process","ok":true}]})");
}

TEST_F(Health, WhatItCanDoWithoutIsShownAndKeepsItReady) {
    readiness_.enter(Readiness::Phase::serving);
    bool ok = false;
    readiness_.show("redis", [&] { return ok; });
    EXPECT_EQ(get("/readyz").status, 200);
    EXPECT_TRUE(get("/readyz", true).body.ends_with(R"({"name":"redis","ok":false}]})"));
    EXPECT_EQ(get("/readyz", true).status, 200);
    ok = true;
    EXPECT_TRUE(get("/readyz", true).body.ends_with(R"({"name":"redis","ok":true}]})"));
}

}  // namespace
}  // namespace agentic::api::test
