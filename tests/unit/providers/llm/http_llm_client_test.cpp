// The drivers over real sockets: scripted provider, retries, deadlines, cancellation.
#include <gtest/gtest.h>

#include <boost/asio/cancel_after.hpp>

#include "protocol_fixture.hpp"
#include "providers/llm/llm_clients.hpp"
#include "support/scripted_golden.hpp"
#include "support/scripted_run.hpp"
#include "support/scripted_server.hpp"

namespace agentic::llm {
namespace {

using namespace std::chrono_literals;
using namespace test;
using namespace agentic::test;
using agentic::test::run;

const std::string kErrorBody = R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},"request_id":"req_1"})";

class HttpLlm : public testing::Test {
protected:
    HttpLlm() {
        outbound = *http::make_outbound_client(std::make_unique<http::GuardedPolicy>(*http::AddressGuard::create("127.0.0.1/32")));
        clients = std::make_unique<LlmClients>(*outbound, catalog, http::RetryPolicy{.base = 20ms, .random = [] { return 0.0; }});
    }

    Request request(const ScriptedServer& server, std::string provider = "anthropic") {
        auto out = request_for(provider, provider == "anthropic" ? "claude-opus-5-5" : "gpt-4o");
        out.endpoint.base_url = server.url(provider == "anthropic" ? "" : "/v1");
        out.messages = {user("Hello")};
        out.deadline = std::chrono::steady_clock::now() + 5s;
        return out;
    }

    Result<Answer> call(const ScriptedServer& server, std::string provider = "anthropic") { return call(request(server, provider)); }
    Result<Answer> call(Request what) {
        auto* client = clients->find(what.endpoint.provider);
        return run(context, client->stream(std::move(what), [this](const Delta& delta) {
                       if (const auto* text = std::get_if<TextDelta>(&delta)) heard.emplace_back(text->text);
                   }));
    }

    static Steps good(std::string_view file = "anthropic_stream.sse") {
        return {Send{stream_head("request-id: req_good\r\nx-request-id: req_good\r\n")}, Send{chunk(read_file("tests/golden/providers/" + std::string(file))) + last_chunk()}};
    }

    asio::io_context context;
    ModelCatalog catalog = ModelCatalog::builtin();
    std::unique_ptr<http::OutboundClient> outbound;
    std::unique_ptr<LlmClients> clients;
    std::vector<std::string> heard;
};

TEST_F(HttpLlm, AnswersFromBothProtocols) {
    ScriptedServer anthropic(context, {good()});
    auto answer = call(anthropic);
    ASSERT_TRUE(answer) << answer.error().internal_context;
    EXPECT_EQ(answer->text(), "Grüezi 😀 it is mild");
    EXPECT_EQ(heard, (std::vector<std::string>{"Grüezi 😀 ", "it is mild"}));
    EXPECT_EQ(anthropic.requests().at(0).target, "/v1/messages");
    EXPECT_EQ(anthropic.requests().at(0).header("x-api-key"), "sk-canary-0123456789");
    ScriptedServer openai(context, {good("openai_stream.sse")});
    answer = call(openai, "openai");
    ASSERT_TRUE(answer);
    EXPECT_EQ(openai.requests().at(0).target, "/v1/chat/completions");
    EXPECT_EQ(clients->find("nobody"), nullptr);
    EXPECT_NE(clients->find("extractive"), nullptr);
}

TEST_F(HttpLlm, RetriesTwiceAsAskedThenGivesUp) {
    ScriptedServer server(context, {{Send{http_answer(529, kErrorBody, "retry-after-ms: 30\r\n")}}, {Send{http_answer(500, "<html>oops")}}, good()});
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_TRUE(call(server));
    EXPECT_EQ(server.requests().size(), 3U);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 65ms) << "30 asked for, 40 of backoff";
    ScriptedServer down(context, {{Send{http_answer(529, kErrorBody, "request-id: req_7\r\n")}}});
    const auto answer = call(down);
    ASSERT_FALSE(answer);
    EXPECT_EQ(down.requests().size(), 3U);
    EXPECT_EQ(answer.error().public_message, "The model provider is overloaded");
    EXPECT_TRUE(answer.error().internal_context.contains("req_7"));
}

TEST_F(HttpLlm, ObeysShouldRetryOverTheStatus) {
    ScriptedServer never(context, {{Send{http_answer(500, kErrorBody, "x-should-retry: false\r\n")}}});
    EXPECT_FALSE(call(never));
    EXPECT_EQ(never.requests().size(), 1U);
    ScriptedServer yes(context, {{Send{http_answer(400, kErrorBody, "x-should-retry: true\r\nretry-after-ms: 1\r\n")}}, good()});
    EXPECT_TRUE(call(yes));
}

TEST_F(HttpLlm, PassesLongWaitsOnInsteadOfWaiting) {
    ScriptedServer server(context, {{Send{http_answer(429, R"({"error":{"type":"rate_limit_error","message":"slow"}})", "retry-after: 30\r\n")}}});
    const auto answer = call(server);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::rate_limited);
    EXPECT_EQ(answer.error().retry_after_s, 30);
    EXPECT_EQ(server.requests().size(), 1U) << "the deadline is nearer than the wait";
}

TEST_F(HttpLlm, ErrorsAreMappedAndNeverShowTheKey) {
    const auto answer_to = [&](int status, std::string_view body) {
        ScriptedServer server(context, {{Send{http_answer(status, body, "x-should-retry: false\r\n")}}});
        return call(server).error();
    };
    EXPECT_EQ(answer_to(401, "{}").code, ErrorCode::upstream_error);
    EXPECT_EQ(answer_to(404, "{}").code, ErrorCode::bad_request);
    EXPECT_EQ(answer_to(504, "{}").code, ErrorCode::upstream_error) << "the provider's time, not the run's";
    EXPECT_EQ(answer_to(302, "").code, ErrorCode::upstream_error) << "redirects are not followed";
    const auto refused = answer_to(400, R"({"error":{"type":"invalid_request_error","message":"bad\u0000 key sk-canary-0123456789 or sk-canary-01…6789"}})");
    EXPECT_EQ(refused.code, ErrorCode::bad_request);
    EXPECT_TRUE(refused.public_message.contains("bad")) << refused.public_message;
    EXPECT_FALSE((refused.public_message + refused.internal_context).contains("canary"));
    EXPECT_FALSE((refused.public_message + refused.internal_context).contains("6789"));
}

TEST_F(HttpLlm, RetriesBrokenStreamsOnlyBeforeTheFirstDelta) {
    const auto stream = read_file("tests/golden/providers/openai_stream.sse");
    const Steps before{Send{stream_head()}, Send{chunk(stream.substr(0, 50))}, Close{}};
    ScriptedServer early(context, {before, before, good("openai_stream.sse")});
    EXPECT_TRUE(call(early, "openai"));
    EXPECT_EQ(early.requests().size(), 3U);
    ScriptedServer late(context, {{Send{stream_head()}, Send{chunk(stream.substr(0, 800))}, Close{}}, good("openai_stream.sse")});
    heard.clear();
    const auto answer = call(late, "openai");
    ASSERT_FALSE(answer);
    EXPECT_EQ(late.requests().size(), 1U);
    EXPECT_FALSE(heard.empty());
    ScriptedServer event(context, {{Send{stream_head()}, Send{chunk("event: error\ndata: " + kErrorBody + "\n\n") + last_chunk()}}, good()});
    EXPECT_TRUE(call(event)) << "an error after 200, before any delta";
}

TEST_F(HttpLlm, ReadsServersThatDoNotStream) {
    ScriptedServer server(context, {{Send{http_answer(200, R"( {"model":"m","choices":[{"message":{"content":"Hi"},"finish_reason":"stop"}]})")}}});
    const auto answer = call(server, "openai_compatible");
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->text(), "Hi");
    EXPECT_TRUE(answer->usage.estimated);
    ASSERT_FALSE(answer->warnings.empty());
    EXPECT_TRUE(answer->warnings.at(0).contains("not in the catalog"));
    EXPECT_FALSE(server.requests().at(0).body.contains("stream_options"));
}

TEST_F(HttpLlm, KeepsTheDeadline) {
    ScriptedServer server(context, {{Hang{}}});
    auto what = request(server);
    what.deadline = std::chrono::steady_clock::now() + 100ms;
    auto answer = call(std::move(what));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::deadline_exceeded);
    auto late = request(server);
    late.deadline = std::chrono::steady_clock::now() - 1ms;
    answer = call(std::move(late));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::deadline_exceeded);
    EXPECT_EQ(server.requests().size(), 1U);
}

/// Answers what it is told and keeps what it was asked.
class RecordingOutbound final : public http::OutboundClient {
public:
    Task<http::OutboundResponse> send(http::OutboundRequest request) override {
        requests.push_back(std::move(request));
        co_return answer;
    }
    Result<http::OutboundResponse> answer = fail(ErrorCode::deadline_exceeded, "The server did not answer in time");
    std::vector<http::OutboundRequest> requests;
};

TEST_F(HttpLlm, AModelMayBeSilentForAsLongAsTheRunHas) {
    RecordingOutbound recording;
    HttpLlmClient client(make_anthropic_protocol(), recording, catalog, {.max_retries = 0});
    auto what = request_for("anthropic", "claude-opus-5-5");
    what.messages = {user("Hello")};
    what.deadline = std::chrono::steady_clock::now() + 30min;
    EXPECT_FALSE(run(context, client.stream(std::move(what), {})));
    EXPECT_GT(recording.requests.at(0).idle_timeout, 29min);
    EXPECT_GT(recording.requests.at(0).total_timeout, 29min);
}

TEST_F(HttpLlm, OnlyTheRequestsOwnDeadlineEndsItAsLate) {
    RecordingOutbound slow;
    HttpLlmClient client(make_anthropic_protocol(), slow, catalog, {.base = 1ms});
    auto what = request_for("anthropic", "claude-opus-5-5");
    what.messages = {user("Hello")};
    what.deadline = std::chrono::steady_clock::now() + 5s;
    auto answer = run(context, client.stream(what, {}));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::upstream_error) << "a connection that took too long";
    EXPECT_EQ(slow.requests.size(), 3U) << "tried again";
    ScriptedServer gateway(context, {{Send{http_answer(504, "{}")}}, good()});
    EXPECT_TRUE(call(gateway));
}

TEST_F(HttpLlm, CancelClosesTheUpstream) {
    ScriptedServer server(context, {{Send{stream_head()}, Send{chunk(read_file("tests/golden/providers/openai_stream.sse").substr(0, 700))}, Hang{}}});
    bool cancelled = false;
    asio::co_spawn(context, clients->find("openai")->stream(request(server, "openai"), [](const Delta&) {}),
                   asio::cancel_after(100ms, [&](std::exception_ptr thrown, Result<Answer> answer) { cancelled = thrown || answer.error().code == ErrorCode::cancelled; }));
    context.run_for(400ms);
    EXPECT_TRUE(cancelled);
    EXPECT_EQ(server.open(), 0);
}

TEST_F(HttpLlm, RefusesForbiddenAddresses) {
    auto what = request_for("openai_compatible", "m");
    what.endpoint.base_url = "http://169.254.169.254/v1";
    what.messages = {user("x")};
    const auto answer = call(std::move(what));
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::forbidden);
}

TEST_F(HttpLlm, EndlessStreamsEnd) {
    Steps endless{Send{stream_head()}, Send{chunk("data: " + std::string(9 << 20, 'x'))}, Hang{}};
    ScriptedServer server(context, {endless});
    const auto answer = call(server);
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, ErrorCode::upstream_error);
}

}  // namespace
}  // namespace agentic::llm
