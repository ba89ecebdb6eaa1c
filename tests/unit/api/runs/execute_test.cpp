#include <boost/asio/co_spawn.hpp>

#include "run_api_fixture.hpp"
#include "services/runs/run_reader.hpp"

namespace agentic::api {
namespace {

using ExecuteApi = RunApi;

AGENTIC_CO_TEST_F(ExecuteApi, AnswersWithTheBodyOfTheContract) {
    co_await self.begin();
    const auto answer = co_await self.execute(R"({"input":"Hi"})");
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.headers.get("x-run-id"), self.at(answer, "run_id"));
    EXPECT_EQ(self.at(answer, "response"), "Hello, world");
    EXPECT_EQ(self.at(answer, "citations"), "[]");
    EXPECT_EQ(self.at(answer, "tool_calls"), "[]");
    EXPECT_EQ(self.at(answer, "token_usage"),
              R"({"input_tokens":10,"output_tokens":5,"total_tokens":15,"cache_read_tokens":0,"cache_write_tokens":0,"reasoning_tokens":0})");
    const auto next = co_await self.execute(R"({"input":"More","conversation_id":")" + self.at(answer, "conversation_id") + "\"}");
    EXPECT_EQ(self.at(next, "conversation_id"), self.at(answer, "conversation_id"));
    EXPECT_EQ(self.llm.requests().at(1).messages.size(), 3U);
    co_await self.finish();
}

AGENTIC_CO_TEST_F(ExecuteApi, StreamsAndReplaysTheSameBytes) {
    co_await self.begin();
    self.llm.play({{.deltas = {"a", "b"}, .pause = 2ms}});
    auto response = co_await self.execute(R"({"input":"Hi","stream":true})");
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.headers.get("content-type"), "text/event-stream");
    const std::string run(response.headers.get("x-run-id").value_or(""));
    const auto live = co_await self.read_all(std::move(response));
    EXPECT_TRUE(live.starts_with("id: 1\nevent: run_started\ndata: {\"run_id\":\"" + run));
    EXPECT_TRUE(live.contains("id: 5\nevent: complete\ndata: {\"run_id\":\"" + run));
    const auto path = "/v1/runs/" + run + "/events";
    const RunApi::Fields sse{{"Accept", "text/event-stream"}};
    EXPECT_EQ(co_await self.read_all(co_await self.send(http::Method::get, path, "", sse)), live);
    const auto rest = live.substr(live.find("id: 3\n"));
    EXPECT_EQ(co_await self.read_all(co_await self.send(http::Method::get, path + "?after=2", "", sse)), rest);
    EXPECT_EQ(co_await self.read_all(co_await self.send(http::Method::get, path + "?after=0", "", {{"Accept", "text/event-stream"}, {"Last-Event-ID", "2"}})), rest);
    co_await self.finish();
}

AGENTIC_CO_TEST_F(ExecuteApi, ReadsEventsAsJsonPageByPage) {
    co_await self.begin();
    const auto answer = co_await self.execute(R"({"input":"Hi"})");
    const auto path = "/v1/runs/" + self.at(answer, "run_id") + "/events";
    const auto all = co_await self.send(http::Method::get, path);
    EXPECT_EQ(self.at(all, "data.0.type"), "run_started");
    EXPECT_EQ(self.at(all, "data.1.data.content"), "Hello");
    EXPECT_EQ(self.at(all, "data.5.data"), answer.body);
    EXPECT_EQ(self.at(all, "next_after"), "null");
    const auto page = co_await self.send(http::Method::get, path + "?limit=2");
    EXPECT_EQ(self.at(page, "next_after"), "2");
    EXPECT_EQ(self.at(page, "data.2"), "null");
    co_await self.finish();
}

AGENTIC_CO_TEST_F(ExecuteApi, AcceptsInTheBackgroundAndWaits) {
    co_await self.begin();
    self.llm.play({{.pause = 10ms}});
    const auto accepted = co_await self.execute(R"({"input":"Hi","background":true})");
    EXPECT_EQ(accepted.status, 202);
    EXPECT_EQ(self.at(accepted, "status"), "running");
    const auto path = "/v1/runs/" + self.at(accepted, "run_id");
    const auto done = co_await self.send(http::Method::post, path + "/wait?timeout=5");
    EXPECT_EQ(self.at(done, "status"), "completed");
    const auto run = co_await self.send(http::Method::get, path);
    EXPECT_EQ(self.at(run, "steps.0.type"), "model_call");
    EXPECT_EQ(self.at(run, "steps.0.token_usage.total_tokens"), "15");
    EXPECT_EQ(self.at(co_await self.send(http::Method::get, "/v1/runs?status=completed"), "pagination.total"), "1");
    EXPECT_EQ(self.at(co_await self.send(http::Method::get, "/v1/runs?status=failed"), "pagination.total"), "0");
    co_await self.finish();
}

AGENTIC_CO_TEST_F(ExecuteApi, AFailedRunIsItsErrorAndNamesItself) {
    co_await self.begin();
    self.llm.play({{.deltas = {}, .error = Error{.code = ErrorCode::upstream_error, .public_message = "The provider said no"}}});
    const auto answer = co_await self.execute(R"({"input":"Hi"})");
    EXPECT_EQ(answer.status, 502);
    EXPECT_EQ(self.at(answer, "error.code"), "upstream_error");
    const auto run = co_await self.send(http::Method::get, "/v1/runs/" + std::string(answer.headers.get("x-run-id").value_or("")));
    EXPECT_EQ(self.at(run, "status"), "failed");
    EXPECT_EQ(self.at(run, "error.message"), "The provider said no");
    co_await self.finish();
}

AGENTIC_CO_TEST_F(ExecuteApi, ACancelledRunIsAConflict) {
    co_await self.begin();
    self.llm.play({{.hangs = true}});
    std::optional<http::Response> answer;
    asio::co_spawn(co_await asio::this_coro::executor, self.execute(R"({"input":"Hi"})"), [&](std::exception_ptr, http::Response got) { answer = std::move(got); });
    std::string run = "null";
    while (run == "null") run = self.at(co_await self.send(http::Method::get, "/v1/runs?status=running"), "data.0.id");
    EXPECT_EQ(self.at(co_await self.send(http::Method::post, "/v1/runs/" + run + "/cancel"), "status"), "cancelled");
    while (!answer) static_cast<void>(co_await self.send(http::Method::get, "/v1/runs/" + run));
    EXPECT_EQ(answer->status, 409);
    EXPECT_EQ(self.at(*answer, "error.code"), "cancelled");
    co_await self.finish();
}

AGENTIC_CO_TEST_F(ExecuteApi, RefusesBadInputNamingEveryField) {
    co_await self.begin();
    const auto answer = co_await self.execute(R"({"input":"","stream":true,"background":true,"max_iterations":0,"extra":1})");
    EXPECT_EQ(answer.status, 422);
    EXPECT_EQ((co_await self.execute(R"({"input":"x","context":{"documents":"no"}})")).status, 422);
    EXPECT_EQ((co_await self.execute(R"({"input":"x"})", "Bearer eve")).status, 404);
    EXPECT_EQ(self.llm.calls(), 0U);
    co_await self.finish();
}

AGENTIC_CO_TEST_F(ExecuteApi, ForeignRunsAreMissingOnEveryRoute) {
    co_await self.begin();
    self.llm.play({{.deltas = {"canary"}, .hangs = true}});
    const auto accepted = co_await self.execute(R"({"input":"Hi","background":true})");
    const auto path = "/v1/runs/" + self.at(accepted, "run_id");
    const auto missing = "/v1/runs/" + Uuid{}.to_string();
    using http::Method;
    for (const auto& [method, suffix] : std::vector<std::pair<Method, std::string>>{{Method::get, ""}, {Method::get, "/events"}, {Method::post, "/cancel"}, {Method::post, "/wait"}}) {
        const auto foreign = co_await self.send(method, path + suffix, "", {{"Accept", "text/event-stream"}, {"Last-Event-ID", "1"}}, "Bearer eve");
        const auto absent = co_await self.send(method, missing + suffix, "", {{"Accept", "text/event-stream"}}, "Bearer eve");
        EXPECT_EQ(foreign.status, 404) << suffix;
        EXPECT_EQ(foreign.body, absent.body) << suffix;
    }
    EXPECT_EQ(self.at(co_await self.send(Method::get, "/v1/runs", "", {}, "Bearer eve"), "pagination.total"), "0");
    EXPECT_EQ(self.at(co_await self.send(Method::post, path + "/cancel"), "status"), "cancelled");
    co_await self.finish();
}

AGENTIC_CO_TEST_F(ExecuteApi, ARevokedCredentialEndsItsStream) {
    co_await self.begin();
    self.llm.play({{.hangs = true}});
    auto response = co_await self.execute(R"({"input":"Hi","stream":true})");
    const auto started = self.clock.steady();
    self.authenticator.principals.clear();
    const auto all = co_await self.read_all(std::move(response));
    EXPECT_FALSE(all.contains("event: complete"));
    EXPECT_LT(self.clock.steady() - started, 5s);
    co_await self.finish();
}

AGENTIC_CO_TEST_F(ExecuteApi, ADemotedAdministratorsStreamOfAnothersRunEnds) {
    co_await self.begin();
    auto admin = self.ann.principal;
    admin.user_id = make_uuid_v7(1);
    admin.role = Role::admin;
    self.authenticator.principals["Bearer admin"] = admin;
    self.llm.play({{.deltas = {"secret"}, .hangs = true}});
    const auto accepted = co_await self.execute(R"({"input":"Hi","background":true})");
    const auto path = "/v1/runs/" + self.at(accepted, "run_id");
    auto response = co_await self.send(http::Method::get, path + "/events", "", {{"Accept", "text/event-stream"}}, "Bearer admin");
    EXPECT_EQ(response.status, 200);
    const auto started = self.clock.steady();
    self.authenticator.principals["Bearer admin"].role = Role::member;
    const auto all = co_await self.read_all(std::move(response));
    EXPECT_FALSE(all.contains("event: error")) << all;
    EXPECT_LT(self.clock.steady() - started, 5s);
    static_cast<void>(co_await self.send(http::Method::post, path + "/cancel"));
    co_await self.finish();
}

using ModelsApi = RunApi;

AGENTIC_CO_TEST_F(ModelsApi, ListAgentsAndModelsWithAvailability) {
    co_await self.begin();
    const auto list = co_await self.send(http::Method::get, "/v1/models");
    EXPECT_EQ(self.at(list, "object"), "list");
    EXPECT_EQ(self.at(list, "data.0.id"), "helper");
    EXPECT_EQ(self.at(list, "data.0.owned_by"), "tenant");
    EXPECT_EQ(self.at(list, "data.0.available"), "true");
    EXPECT_EQ(self.at(co_await self.send(http::Method::get, "/v1/models/helper"), "agent_id"), self.agent.id.to_string());
    const auto claude = co_await self.send(http::Method::get, "/v1/models/claude-sonnet-5-5");
    EXPECT_EQ(self.at(claude, "available"), "false");
    EXPECT_EQ(self.at(claude, "prices.input"), "2000000");
    EXPECT_EQ((co_await self.send(http::Method::get, "/v1/models/helper", "", {}, "Bearer eve")).status, 404);
    EXPECT_EQ((co_await self.send(http::Method::get, "/v1/models/none")).status, 404);
    co_await self.finish();
}

}  // namespace
}  // namespace agentic::api
