#include "unit/api/v1/accounts_server.hpp"

namespace agentic::api {
namespace {

using test::AccountsServer, test::header_of, test::session_of;
using enum http::Method;

/// An owner of one tenant, one of another, and a member of the first.
struct Scene : AccountsServer {
    std::string owner, stranger, member, member_id;

    Awaitable<void> set_up() {
        owner = session_of(co_await post("/v1/auth/register", R"({"tenant_name":"Acme","email":"owner@example.com","password":"a long enough secret"})")).access_token;
        stranger = session_of(co_await post("/v1/auth/register", R"({"tenant_name":"Other","email":"stranger@example.com","password":"a long enough secret"})")).access_token;
        const auto made = co_await post("/v1/users", R"({"email":"member@example.com","password":"a long enough secret","first_name":"Mem"})", owner);
        EXPECT_EQ(made.status, 201) << made.body;
        const auto in = session_of(co_await post("/v1/auth/login", R"({"email":"member@example.com","password":"a long enough secret"})"));
        member = in.access_token;
        member_id = in.user.id.to_string();
        EXPECT_EQ(header_of(made, "location"), "/v1/users/" + member_id);
    }
};

AGENTIC_CO_TEST(UserRoutes, AreForAdministratorsOfTheTenant) {
    Scene s;
    co_await s.set_up();
    const auto path = "/v1/users/" + s.member_id;
    for (const auto& [method, target, body] : {std::tuple{get, std::string("/v1/users"), ""}, {http::Method::post, std::string("/v1/users"), "{}"}, {get, path, ""}, {patch, path, "{}"}, {del, path, ""}}) {
        EXPECT_EQ((co_await s.send(method, target, body)).status, 401) << target;
        EXPECT_EQ((co_await s.send(method, target, body, Scene::bearer(s.member))).status, 403) << target;
    }
    const auto missing = co_await s.send(get, "/v1/users/018f0000-0000-7000-8000-000000000001", "", Scene::bearer(s.stranger));
    for (const auto& [method, body] : {std::pair{get, ""}, {patch, R"({"role":"viewer"})"}, {del, ""}}) {
        const auto foreign = co_await s.send(method, path, body, Scene::bearer(s.stranger));
        EXPECT_EQ(foreign.status, 404);
        EXPECT_EQ(foreign.body, missing.body);
    }
}

AGENTIC_CO_TEST(UserRoutes, ListInTheEnvelope) {
    Scene s;
    co_await s.set_up();
    const auto out = co_await s.send(get, "/v1/users?search=MEM", "", Scene::bearer(s.owner));
    EXPECT_EQ(out.status, 200) << out.body;
    EXPECT_TRUE(out.body.contains(R"("email":"member@example.com")"));
    EXPECT_FALSE(out.body.contains("owner@example.com"));
    EXPECT_TRUE(out.body.contains(R"("pagination":{"page":1,"limit":20,"total":1,"total_pages":1})")) << out.body;
    EXPECT_EQ((co_await s.send(get, "/v1/users?role=emperor", "", Scene::bearer(s.owner))).status, 422);
}

AGENTIC_CO_TEST(UserRoutes, RefuseColumnsThatAreNotTheClients) {
    Scene s;
    co_await s.set_up();
    for (const auto* body : {R"({"tenant_id":"018f0000-0000-7000-8000-000000000001"})", R"({"id":"018f0000-0000-7000-8000-000000000001"})", R"({"password_hash":"x"})", R"({"permissions":["*"]})", R"({"created_at":"2026-01-01T00:00:00Z"})"})
        EXPECT_EQ((co_await s.send(patch, "/v1/users/" + s.member_id, body, Scene::bearer(s.owner))).status, 422) << body;
}

AGENTIC_CO_TEST(UserRoutes, HonourIfMatch) {
    Scene s;
    co_await s.set_up();
    const auto path = "/v1/users/" + s.member_id;
    const auto etag = header_of(co_await s.send(get, path, "", Scene::bearer(s.owner)), "etag");
    auto headers = Scene::bearer(s.owner);
    headers["if-match"] = etag;
    s.f.clock.advance(std::chrono::seconds(1));
    EXPECT_EQ((co_await s.send(patch, path, R"({"last_name":"Ber"})", headers)).status, 200);
    EXPECT_EQ((co_await s.send(patch, path, R"({"last_name":"Bar"})", headers)).status, 412);
    EXPECT_EQ((co_await s.send(del, path, "", headers)).status, 412);
    EXPECT_EQ((co_await s.send(del, path, "", Scene::bearer(s.owner))).status, 204);
    EXPECT_EQ((co_await s.send(get, path, "", Scene::bearer(s.owner))).status, 404);
}

AGENTIC_CO_TEST(UserRoutes, InviteAndAccept) {
    Scene s;
    co_await s.set_up();
    const auto out = co_await s.post("/v1/users/invite", R"({"email":"new@example.com","role":"viewer"})", s.owner);
    EXPECT_EQ(out.status, 201) << out.body;
    const auto invitation = agentic::test::value_or_throw(schema::Codec<schemas::Invitation>::parse(out.body));
    for (const auto* token : {"null", "\"\"", "[]", "{}", "\"guess\""}) {
        const auto status = (co_await s.post("/v1/auth/accept-invite", R"({"password":"a long enough secret","token":)" + std::string(token) + "}")).status;
        EXPECT_TRUE(status == 422 || status == 401) << token;
    }
    const auto joined = co_await s.post("/v1/auth/accept-invite", R"({"password":"a long enough secret","token":")" + invitation.token + "\"}");
    EXPECT_EQ(joined.status, 201) << joined.body;
    EXPECT_EQ(session_of(joined).user.role, Role::viewer);
}

AGENTIC_CO_TEST(ApiKeyRoutes, ShowTheKeyOnceAndListWithout) {
    Scene s;
    co_await s.set_up();
    const auto made = co_await s.post("/v1/api-keys", R"({"name":"ci","scopes":["tenant:read"]})", s.member);
    EXPECT_EQ(made.status, 201) << made.body;
    const auto key = agentic::test::value_or_throw(schema::Codec<schemas::ApiKeyCreated>::parse(made.body));
    EXPECT_EQ((co_await s.send(get, "/v1/tenant", "", {{"x-api-key", key.key}})).status, 200);
    EXPECT_EQ((co_await s.send(get, "/v1/tenant", "", Scene::bearer(key.key))).status, 200);
    EXPECT_EQ((co_await s.send(get, "/v1/auth/me", "", {{"x-api-key", key.key}})).status, 403);   // for people
    EXPECT_EQ((co_await s.send(get, "/v1/api-keys", "", {{"x-api-key", key.key}})).status, 403);  // keys do not make keys
    const auto listed = co_await s.send(get, "/v1/api-keys", "", Scene::bearer(s.member));
    EXPECT_TRUE(listed.body.contains(key.prefix));
    EXPECT_FALSE(listed.body.contains(key.key));
    EXPECT_EQ((co_await s.send(del, "/v1/api-keys/" + key.id.to_string(), "", Scene::bearer(s.stranger))).status, 404);
    EXPECT_EQ((co_await s.send(del, "/v1/api-keys/" + key.id.to_string(), "", Scene::bearer(s.member))).status, 204);
    EXPECT_EQ((co_await s.send(get, "/v1/tenant", "", {{"x-api-key", key.key}})).status, 401);
    EXPECT_EQ((co_await s.post("/v1/api-keys", R"({"name":"x","scopes":["everything:write"]})", s.member)).status, 422);
}

AGENTIC_CO_TEST(ApiKeyRoutes, KeepAKeyWithinItsScopes) {
    Scene s;
    co_await s.set_up();
    const auto made = co_await s.post("/v1/api-keys", R"({"name":"ci","scopes":["agents:read"]})", s.owner);
    const auto key = agentic::test::value_or_throw(schema::Codec<schemas::ApiKeyCreated>::parse(made.body)).key;
    EXPECT_EQ((co_await s.send(get, "/v1/tenant", "", {{"x-api-key", key}})).status, 403);
}

AGENTIC_CO_TEST(TenantRoutes, ShowAndChangeTheOwnTenant) {
    Scene s;
    co_await s.set_up();
    EXPECT_EQ((co_await s.send(get, "/v1/tenant")).status, 401);
    const auto seen = co_await s.send(get, "/v1/tenant", "", Scene::bearer(s.member));
    EXPECT_TRUE(seen.body.contains(R"("slug":"acme")")) << seen.body;
    EXPECT_TRUE(seen.body.contains(R"("plan_type":"enterprise")"));
    EXPECT_EQ((co_await s.send(patch, "/v1/tenant", R"({"name":"X"})", Scene::bearer(s.member))).status, 403);
    const auto changed = co_await s.send(patch, "/v1/tenant", R"({"settings":{"locale":"en"}})", Scene::bearer(s.owner));
    EXPECT_TRUE(changed.body.contains(R"("settings":{"locale":"en"})")) << changed.body;
    EXPECT_TRUE(changed.body.contains(R"("name":"Acme")"));
    for (const auto* body : {R"({"plan_type":"enterprise"})", R"({"slug":"x"})", R"({"status":"active"})", R"({"limits":{}})", R"({"name":null})", R"({"settings":[]})"})
        EXPECT_EQ((co_await s.send(patch, "/v1/tenant", body, Scene::bearer(s.owner))).status, 422) << body;
    EXPECT_TRUE((co_await s.send(get, "/v1/tenant", "", Scene::bearer(s.stranger))).body.contains(R"("slug":"other")"));
}

}  // namespace
}  // namespace agentic::api
