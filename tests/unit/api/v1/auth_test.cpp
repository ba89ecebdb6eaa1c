#include <algorithm>
#include <set>

#include "unit/api/v1/accounts_server.hpp"

namespace agentic::api {
namespace {

using test::AccountsServer, test::header_of, test::session_of;
using enum http::Method;

constexpr auto kRegister = R"({"tenant_name":"Acme","tenant_slug":"acme","email":"ada@example.com","password":"a long enough secret"})";
constexpr auto kLogin = R"({"email":"ada@example.com","password":"a long enough secret"})";

AGENTIC_CO_TEST(AuthRoutes, RegisterAnswersAsLoginDoes) {
    AccountsServer s;
    const auto made = co_await s.post("/v1/auth/register", kRegister);
    EXPECT_EQ(made.status, 201) << made.body;
    const auto again = co_await s.post("/v1/auth/login", kLogin);
    EXPECT_EQ(again.status, 200) << again.body;
    EXPECT_EQ(session_of(made).user.id, session_of(again).user.id);
    EXPECT_TRUE(again.body.contains(R"("token_type":"bearer")"));
    EXPECT_TRUE(again.body.contains(R"("role":"owner")"));
}

AGENTIC_CO_TEST(AuthRoutes, RegisterReportsAllViolationsAtOnce) {
    AccountsServer s;
    const auto out = co_await s.post("/v1/auth/register", R"({"tenant_name":"","tenant_slug":"Not A Slug","email":"nobody","password":"short","role":"owner"})");
    EXPECT_EQ(out.status, 422);
    for (const auto* field : {"tenant_name", "tenant_slug", "email", "password", "role"}) EXPECT_TRUE(out.body.contains("\"field\":\"" + std::string(field) + '"')) << field << out.body;
}

AGENTIC_CO_TEST(AuthRoutes, RegisterRefusesCommonPasswordsAndTheEmail) {
    AccountsServer s;
    for (const auto* password : {"password123", "PassWord123", "ada@example.com", "ADA@example.com", "iloveyou"}) {
        const auto out = co_await s.post("/v1/auth/register", R"({"tenant_name":"Acme","email":"ada@example.com","password":")" + std::string(password) + "\"}");
        EXPECT_EQ(out.status, 422) << password;
        EXPECT_FALSE(out.body.contains(password)) << out.body;
    }
}

AGENTIC_CO_TEST(AuthRoutes, PasswordsCountCodePointsAndKeepTheirBytes) {
    AccountsServer s;
    const auto with = [](std::string password) { return R"({"tenant_name":"T","email":"ada@example.com","password":")" + password + "\"}"; };
    EXPECT_EQ((co_await s.post("/v1/auth/register", with("密码密码密码密"))).status, 422);  // 7 characters, 21 bytes
    std::string long_password;
    for (int i = 0; i < 1024; ++i) long_password += "🔑";
    EXPECT_EQ((co_await s.post("/v1/auth/register", with(long_password + "x"))).status, 422);
    EXPECT_EQ((co_await s.post("/v1/auth/register", with(long_password))).status, 201);
    EXPECT_EQ((co_await s.post("/v1/auth/login", R"({"email":"ada@example.com","password":")" + long_password + "\"}")).status, 200);
    auto other = long_password;
    other.replace(other.size() - 4, 4, "🔒");
    EXPECT_EQ((co_await s.post("/v1/auth/login", R"({"email":"ada@example.com","password":")" + other + "\"}")).status, 401);
}

AGENTIC_CO_TEST(AuthRoutes, LoginTakesTheForm) {
    AccountsServer s;
    static_cast<void>(co_await s.post("/v1/auth/register", kRegister));
    const AccountsServer::Headers form{{"content-type", "application/x-www-form-urlencoded"}};
    EXPECT_EQ((co_await s.send(post, "/v1/auth/login", "grant_type=password&username=ada%40example.com&password=a+long+enough+secret&scope=", form)).status, 200);
    EXPECT_EQ((co_await s.send(post, "/v1/auth/login", "username=ada%40example.com&password=wrong", form)).status, 401);
    EXPECT_EQ((co_await s.send(post, "/v1/auth/login", "username=ada%40example.com", form)).status, 422);
    EXPECT_EQ((co_await s.send(post, "/v1/auth/login", "username=%zz", form)).status, 400);
    EXPECT_EQ((co_await s.send(post, "/v1/auth/login", kLogin, {{"content-type", "text/plain"}})).status, 415);
}

AGENTIC_CO_TEST(AuthRoutes, FailedLoginsAreThrottledWithRetryAfter) {
    AccountsServer s;
    for (int i = 0; i < 5; ++i) EXPECT_EQ((co_await s.post("/v1/auth/login", kLogin)).status, 401);
    const auto out = co_await s.post("/v1/auth/login", kLogin);
    EXPECT_EQ(out.status, 429);
    EXPECT_EQ(header_of(out, "retry-after"), "900");
}

AGENTIC_CO_TEST(AuthRoutes, RefreshByCookieNeedsTheCustomHeader) {
    AccountsServer s;
    static_cast<void>(co_await s.post("/v1/auth/register", kRegister));
    const auto in = co_await s.send(post, "/v1/auth/login", kLogin, {{"x-agentic-session", "cookie"}});
    const auto cookie = header_of(in, "set-cookie");
    for (const auto* part : {"__Host-agentic_refresh=", "; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict"}) EXPECT_TRUE(cookie.contains(part)) << cookie;
    EXPECT_FALSE(session_of(in).refresh_token) << in.body;
    const auto sent = "theme=dark; " + cookie.substr(0, cookie.find(';'));
    EXPECT_EQ((co_await s.send(post, "/v1/auth/refresh", "", {{"cookie", sent}})).status, 422);
    const auto out = co_await s.send(post, "/v1/auth/refresh", "", {{"cookie", sent}, {"x-agentic-session", "cookie"}});
    EXPECT_EQ(out.status, 200) << out.body;
    EXPECT_NE(header_of(out, "set-cookie"), cookie);
    auto headers = AccountsServer::bearer(session_of(out).access_token);
    headers["x-agentic-session"] = "cookie";
    const auto bye = co_await s.send(post, "/v1/auth/logout", "", headers);
    EXPECT_EQ(bye.status, 204);
    EXPECT_TRUE(header_of(bye, "set-cookie").contains("Max-Age=0"));
}

AGENTIC_CO_TEST(AuthRoutes, RefreshWithoutTheHeaderSetsNoCookie) {
    AccountsServer s;
    const auto made = co_await s.post("/v1/auth/register", kRegister);
    EXPECT_EQ(header_of(made, "set-cookie"), "");
    const auto out = co_await s.post("/v1/auth/refresh", R"({"refresh_token":")" + *session_of(made).refresh_token + "\"}");
    EXPECT_EQ(out.status, 200);
    EXPECT_EQ(header_of(out, "set-cookie"), "");
    EXPECT_EQ((co_await s.post("/v1/auth/refresh", R"({"refresh_token":null})")).status, 422);
    EXPECT_EQ((co_await s.post("/v1/auth/refresh", R"({"refresh_token":["x"]})")).status, 422);
}

AGENTIC_CO_TEST(AuthRoutes, MeShowsAndChangesTheProfile) {
    AccountsServer s;
    const auto token = session_of(co_await s.post("/v1/auth/register", kRegister)).access_token;
    EXPECT_EQ((co_await s.send(get, "/v1/auth/me")).status, 401);
    const auto changed = co_await s.send(patch, "/v1/auth/me", R"({"first_name":"Ada"})", AccountsServer::bearer(token));
    EXPECT_TRUE(changed.body.contains(R"("first_name":"Ada")")) << changed.body;
    const auto me = co_await s.send(get, "/v1/auth/me", "", AccountsServer::bearer(token));
    EXPECT_EQ(me.body, changed.body);
    EXPECT_FALSE(me.body.contains("bcrypt"));
    EXPECT_TRUE((co_await s.send(patch, "/v1/auth/me", R"({"first_name":null})", AccountsServer::bearer(token))).body.contains(R"("first_name":null)"));
    EXPECT_EQ((co_await s.send(patch, "/v1/auth/me", R"({"role":"owner"})", AccountsServer::bearer(token))).status, 422);
}

AGENTIC_CO_TEST(AuthRoutes, MeKeepsConditions) {
    AccountsServer s;
    const auto token = session_of(co_await s.post("/v1/auth/register", kRegister)).access_token;
    auto headers = AccountsServer::bearer(token);
    headers["if-match"] = header_of(co_await s.send(get, "/v1/auth/me", "", AccountsServer::bearer(token)), "etag");
    s.f.clock.advance(std::chrono::seconds(1));
    EXPECT_EQ((co_await s.send(patch, "/v1/auth/me", R"({"first_name":"Ada"})", headers)).status, 200);
    EXPECT_EQ((co_await s.send(patch, "/v1/auth/me", R"({"first_name":"Eve"})", headers)).status, 412);
    EXPECT_TRUE((co_await s.send(get, "/v1/auth/me", "", AccountsServer::bearer(token))).body.contains(R"("first_name":"Ada")"));
}

AGENTIC_CO_TEST(AuthRoutes, PasswordChangeAndLogoutAnswer204) {
    AccountsServer s;
    const auto token = session_of(co_await s.post("/v1/auth/register", kRegister)).access_token;
    EXPECT_EQ((co_await s.post("/v1/auth/password", R"({"current_password":"a long enough secret","new_password":"a long enough secret"})", token)).status, 422);
    EXPECT_EQ((co_await s.post("/v1/auth/password", R"({"current_password":"a long enough secret","new_password":"another long secret"})", token)).status, 204);
    EXPECT_EQ((co_await s.send(post, "/v1/auth/logout?all=true", "", AccountsServer::bearer(token))).status, 204);
    EXPECT_EQ((co_await s.send(get, "/v1/auth/me", "", AccountsServer::bearer(token))).status, 401);
}

TEST(ApiScopes, AreTheOnesTheRoutesName) {
    std::set<std::string_view> known;
    for (const auto& scope : auth::api_scopes()) known.insert(scope.name);
    std::set<std::string_view> named;
    for (const auto& route : all_routes())
        if (route.policy.kind() == Policy::Kind::tenant) named.insert(route.policy.scope());
    EXPECT_EQ(known, named);
}

}  // namespace
}  // namespace agentic::api
