#include "api/dispatch.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <stdexcept>

#include "unit/api/dispatch_support.hpp"

namespace agentic::api::test {
namespace {

using http::Method;
using testing::HasSubstr;
using testing::Not;

Task<Thing> thing_view(RequestContext& ctx) {
    AGENTIC_CO_TRY(const auto id, ctx.path_id("thing_id", "Thing"));
    co_return Thing{.name = id.to_string().substr(0, 4), .size = 2};
}
Task<Thing> thing_list(RequestContext&, Query<ThingQuery> query) { co_return Thing{.name = "list", .size = query.limit}; }
Task<Created<Thing>> thing_create(RequestContext& ctx, Thing in) {
    ctx.response_headers.add("location", "/things/" + in.name);
    co_return Created<Thing>{std::move(in)};
}
Task<Thing> thing_update(RequestContext& ctx, Query<ThingQuery> query, Thing in) {
    AGENTIC_CO_CHECK(ctx.require_match(Thing{.name = "0190", .size = 2}));
    in.size = query.limit;
    co_return in;
}
Task<> thing_delete(RequestContext&) { co_return Result<void>(); }
Task<Thing> thing_special(RequestContext& ctx) { co_return Thing{.name = std::string(ctx.op.principal.email), .size = 3}; }
Task<Thing> who_am_i(RequestContext& ctx) { co_return Thing{.name = ctx.op.tenant.tenant_id().is_nil() ? "nil" : "own", .size = 1}; }
Task<Thing> thing_conflict(RequestContext&) {
    auto error = fail(ErrorCode::rate_limited, "Slow down", "secret detail");
    error.error().retry_after_s = 7;
    co_return error;
}
Task<Thing> thing_bug(RequestContext&) {
    throw std::runtime_error("secret detail");
    co_return Thing{};
}
Task<Thing> thing_hang(RequestContext&) {
    asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::seconds(30));
    co_await timer.async_wait(asio::use_awaitable_t<IoExecutor>());
    co_return Thing{};
}

constexpr auto kMember = Policy::role(Role::member, "things:write");

std::vector<Route> routes() {
    return {
        endpoint<thing_list>(Method::get, "/things", "thing_list", "Things", "List", Policy::role(Role::viewer, "things:read")),
        endpoint<thing_create>(Method::post, "/things", "thing_create", "Things", "Create", kMember),
        endpoint<thing_view>(Method::get, "/things/{thing_id}", "thing_view", "Things", "View", kMember),
        endpoint<thing_update>(Method::patch, "/things/{thing_id}", "thing_update", "Things", "Update", kMember),
        endpoint<thing_delete>(Method::del, "/things/{thing_id}", "thing_delete", "Things", "Delete", Policy::person(Role::viewer)),
        endpoint<thing_special>(Method::get, "/things/special", "thing_special", "Things", "Special", Policy::open("test")),
        endpoint<thing_view>(Method::get, "/things/{thing_id}/parts/{part_id}", "part_view", "Things", "Part", kMember),
        endpoint<who_am_i>(Method::get, "/open", "open", "Things", "Open", Policy::open("test")),
        endpoint<who_am_i>(Method::get, "/mine", "mine", "Things", "Mine", kMember),
        endpoint<who_am_i>(Method::get, "/platform", "platform", "Things", "Platform", Policy::platform_admin()),
        endpoint<thing_conflict>(Method::post, "/limited", "limited", "Things", "Limited", kMember),
        endpoint<thing_bug>(Method::get, "/bug", "bug", "Things", "Bug", kMember),
        endpoint<thing_hang>(Method::post, "/hang", "hang", "Things", "Hang", kMember).within(std::chrono::milliseconds(20)),
    };
}

constexpr auto kThing = "/things/0190a0b0-0000-7000-8000-000000000001";

TEST(Dispatch, AnswersWithTheEndpointsJson) {
    ThingServer server(routes());
    const auto response = server.send(Method::get, "/things");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, R"({"name":"list","size":20})");
    EXPECT_EQ(header(response, "content-type"), "application/json");
    EXPECT_EQ(header(response, "cache-control"), "no-store");
    const auto created = server.send(Method::post, "/things", "Bearer member", R"({"name":"cup"})");
    EXPECT_EQ(created.status, 201);
    EXPECT_EQ(header(created, "location"), "/things/cup");
    const auto deleted = server.send(Method::del, kThing);
    EXPECT_EQ(deleted.status, 204);
    EXPECT_EQ(deleted.body, "");
}

TEST(Dispatch, ReadsQueryAndBody) {
    ThingServer server(routes());
    http::Request request{.method = Method::patch, .path = kThing, .query = {{"limit", "7"}}};
    request.headers.add("authorization", "Bearer member");
    request.headers.add("content-type", "Application/JSON; charset=utf-8");
    request.body = R"({"name":"cup"})";
    EXPECT_EQ(server.send(std::move(request)).body, R"({"name":"cup","size":7})");
}

TEST(Dispatch, NamesEveryFaultOfABody) {
    ThingServer server(routes());
    const auto response = server.send(Method::post, "/things", "Bearer member", R"({"name":"too long","size":10,"id":1})");
    EXPECT_EQ(response.status, 422);
    EXPECT_EQ(response.body,
              R"-({"detail":"name: must be 1 to 5 characters long (and 2 more)","error":{"code":"validation_error",)-"
              R"-("message":"name: must be 1 to 5 characters long (and 2 more)","details":[{"field":"name","issue":"must be 1 to 5 characters long"},)-"
              R"({"field":"size","issue":"must be between 1 and 9"},{"field":"id","issue":"is not a known field"}],"request_id":"req-1"}})");
    EXPECT_EQ(server.send(Method::post, "/things", "Bearer member", "{").status, 400);
    http::Request form{.method = Method::post, .path = "/things"};
    form.headers.add("authorization", "Bearer member");
    form.headers.add("content-type", "text/plain");
    form.body = "{}";
    EXPECT_EQ(server.send(std::move(form)).status, 415);
    EXPECT_EQ(server.send({.method = Method::get, .path = "/things", .query = {{"limit", "0"}}}).status, 401);
}

TEST(Dispatch, FixedSegmentsWinOverParameters) {
    ThingServer server(routes());
    EXPECT_EQ(server.send(Method::get, "/things/special").body, R"({"name":"","size":3})");
    EXPECT_EQ(server.send(Method::get, std::string(kThing) + "/parts/1").body, R"({"name":"0190","size":2})");
    EXPECT_EQ(server.send(Method::get, "/things/special/parts/1").status, 404);  // matched as a thing of that name, which is no id
}

TEST(Dispatch, UnknownPathsAndIdsAre404) {
    ThingServer server(routes());
    for (const auto* path : {"/", "/thing", "/things/", "/things/x/y", "/things/x/parts", "/things/special/parts/", "//things", ""})
        EXPECT_EQ(server.send(Method::get, path).status, 404) << path;
    EXPECT_EQ(server.send(Method::get, "/things/7").body,
              R"({"detail":"Thing not found","error":{"code":"not_found","message":"Thing not found","details":[],"request_id":"req-1"}})");
}

TEST(Dispatch, SaysWhichMethodsAPathTakes) {
    ThingServer server(routes());
    const auto refused = server.send(Method::put, "/things", "");
    EXPECT_EQ(refused.status, 405);
    EXPECT_EQ(header(refused, "allow"), "GET, HEAD, POST, OPTIONS");
    const auto options = server.send(Method::options, kThing, "");
    EXPECT_EQ(options.status, 204);
    EXPECT_EQ(header(options, "allow"), "GET, HEAD, PATCH, DELETE, OPTIONS");
}

TEST(Dispatch, AnswersHeadLikeGet) {
    ThingServer server(routes());
    const auto response = server.send(Method::head, kThing);
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(header(response, "etag"), header(server.send(Method::get, kThing), "etag"));
}

TEST(Dispatch, AuthenticatesUnlessTheRouteIsOpen) {
    ThingServer server(routes());
    EXPECT_EQ(server.send(Method::get, "/open", "Bearer nonsense").body, R"({"name":"nil","size":1})");
    EXPECT_EQ(server.authenticator.asked, 0);
    EXPECT_EQ(server.send(Method::get, "/mine").body, R"({"name":"own","size":1})");
    const auto refused = server.send(Method::get, "/mine", "Bearer nonsense");
    EXPECT_EQ(refused.status, 401);
    EXPECT_EQ(header(refused, "www-authenticate"), "Bearer");
    EXPECT_EQ(server.authenticator.asked, 2);
    server.authenticator.cache = true;
    EXPECT_EQ(server.send(Method::get, "/mine").status, 200);
    EXPECT_EQ(server.authenticator.asked, 2);
    http::Request keyed{.method = Method::get, .path = "/mine"};
    keyed.headers.add("X-API-Key", "k");
    EXPECT_EQ(server.send(std::move(keyed)).status, 401);
    EXPECT_EQ(server.authenticator.last_api_key, "k");
}

TEST(Dispatch, AsksThePolicyBeforeTheEndpoint) {
    ThingServer server(routes());
    EXPECT_EQ(server.send(Method::post, "/things", "Bearer viewer", "not even JSON").status, 403);
    EXPECT_EQ(server.send(Method::get, "/things", "Bearer key").status, 403);      // another scope
    EXPECT_EQ(server.send(Method::post, "/things", "Bearer key", R"({"name":"x"})").status, 201);
    EXPECT_EQ(server.send(Method::del, kThing, "Bearer key").status, 403);         // people only
    EXPECT_EQ(server.send(Method::get, "/mine", "Bearer admin").status, 403);      // the platform's administrator is no tenant user
    EXPECT_EQ(server.send(Method::get, "/platform", "Bearer admin").status, 200);
    EXPECT_EQ(server.send(Method::get, "/platform", "Bearer member").status, 403);
}

TEST(Dispatch, AnswersUnchangedResourcesWith304) {
    ThingServer server(routes());
    const auto first = server.send(Method::get, kThing);
    const auto tag = header(first, "etag");
    EXPECT_EQ(tag.size(), 34U);
    http::Request again{.method = Method::get, .path = kThing};
    again.headers.add("authorization", "Bearer member");
    again.headers.add("if-none-match", "\"other\", W/" + tag);
    const auto second = server.send(std::move(again));
    EXPECT_EQ(second.status, 304);
    EXPECT_EQ(second.body, "");
    EXPECT_EQ(header(second, "etag"), tag);
    EXPECT_EQ(header(server.send(Method::get, "/things"), "etag"), "-");  // lists are not hashed
}

TEST(Dispatch, RefusesWritesToAResourceThatHasChanged) {
    ThingServer server(routes());
    const auto update = [&](std::string tag) {
        http::Request request{.method = Method::patch, .path = kThing};
        request.headers.add("authorization", "Bearer member");
        request.headers.add("content-type", "application/json");
        request.headers.add("if-match", tag);
        request.body = R"({"name":"cup"})";
        return server.send(std::move(request)).status;
    };
    EXPECT_EQ(update(header(server.send(Method::get, kThing), "etag")), 200);
    EXPECT_EQ(update("*"), 200);
    EXPECT_EQ(update("\"00000000000000000000000000000000\""), 412);
    EXPECT_EQ(update("nonsense"), 412);
}

TEST(Dispatch, TellsNobodyWhatWentWrongInside) {
    ThingServer server(routes());
    const auto bug = server.send(Method::get, "/bug");
    EXPECT_EQ(bug.status, 500);
    EXPECT_THAT(bug.body, HasSubstr(R"("request_id":"req-1")"));
    EXPECT_THAT(bug.body, Not(HasSubstr("secret")));
    const auto limited = server.send(Method::post, "/limited");
    EXPECT_EQ(limited.status, 429);
    EXPECT_EQ(header(limited, "retry-after"), "7");
    EXPECT_THAT(limited.body, Not(HasSubstr("secret")));
}

TEST(Dispatch, CutsAnEndpointOffWhenItsTimeIsUp) {
    ThingServer server(routes());
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(server.send(Method::post, "/hang").status, 504);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST(Dispatch, SpeaksProblemJsonWhenAsked) {
    ThingServer server(routes());
    http::Request request{.method = Method::get, .path = "/nowhere"};
    request.headers.add("accept", "application/problem+json, application/json");
    const auto response = server.send(std::move(request));
    EXPECT_EQ(header(response, "content-type"), "application/problem+json");
    EXPECT_THAT(response.body, HasSubstr(R"("type":"about:blank","title":"Not Found","status":404,"instance":"/nowhere","errors":[]})"));
}

TEST(Dispatch, RefusesContradictingRoutes) {
    auto twice = routes();
    twice.push_back(endpoint<thing_view>(Method::get, "/things/{other}", "other", "Things", "Other", kMember));
    EXPECT_THROW(ThingServer{std::move(twice)}, std::logic_error);
}

}  // namespace
}  // namespace agentic::api::test
