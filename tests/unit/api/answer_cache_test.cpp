#include "api/answer_cache.hpp"

#include <gtest/gtest.h>

#include "support/test_app.hpp"

namespace agentic::api {
namespace {

using test::TestApp;

constexpr auto kList = "/v1/agents?limit=5";

std::string agent(std::string slug) { return R"({"name": "Agent", "slug": ")" + slug + R"("})"; }

TEST(KeptAnswers, AreGivenAgainAndFollowEveryChange) {
    TestApp app;
    const auto ann = app.user("acme", Role::member);
    EXPECT_EQ(ann.get(kList).at("pagination.total"), "0");
    const auto made = ann.post("/v1/agents", agent("one"));
    EXPECT_EQ(ann.get(kList).at("pagination.total"), "1");
    EXPECT_EQ(ann.get(kList).body, ann.get(kList).body);
    EXPECT_EQ(ann.patch("/v1/agents/" + made.at("id"), R"({"name": "Renamed"})").status, 200);
    EXPECT_EQ(ann.get(kList).at("data.0.name"), "Renamed");
    EXPECT_EQ(ann.del("/v1/agents/" + made.at("id")).status, 204);
    EXPECT_EQ(ann.get(kList).at("pagination.total"), "0");
}

TEST(KeptAnswers, BelongToOneTenantAndOneRequest) {
    TestApp app;
    const auto ann = app.user("acme", Role::member);
    const auto bob = app.user("other", Role::member);
    ann.post("/v1/agents", agent("one"));
    ann.post("/v1/agents", agent("two"));
    EXPECT_EQ(ann.get(kList).count("data"), 2u);
    EXPECT_EQ(bob.get(kList).count("data"), 0u);
    EXPECT_EQ(ann.get("/v1/agents?limit=1").count("data"), 1u);
    EXPECT_EQ(ann.get("/v1/agents?limit=1&page=2").at("data.0.slug"), "one");
    EXPECT_EQ(ann.get("/v1/agents?limit=0").status, 422);
}

}  // namespace
}  // namespace agentic::api
