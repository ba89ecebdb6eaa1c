#include "providers/llm/anthropic.hpp"

#include <gtest/gtest.h>

#include "protocol_fixture.hpp"
#include "support/scripted_golden.hpp"

namespace agentic::llm {
namespace {

using namespace test;
using agentic::test::expect_golden;
using agentic::test::read_file;

ModelInfo model_of(const Request& request) { return ModelCatalog::builtin().find("anthropic", request.model); }

std::string hear(std::string_view stream, const Request& request = request_for("anthropic", "claude-opus-5-5"), std::size_t piece = 1'000'000) {
    std::string heard;
    const auto sink = listen_into(heard);
    const auto reader = read_anthropic(request, sink);
    return transcript(*reader, stream, piece, heard);
}

std::string event(std::string_view data) { return "event: x\ndata: " + std::string(data) + "\n\n"; }
const std::string kStart = event(R"({"type":"message_start","message":{"id":"msg","model":"claude-opus-5-5","content":[],"usage":{"input_tokens":10,"output_tokens":1}}})");
const std::string kTextBlock = event(R"({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}})");
const std::string kHello = event(R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hello"}})");
const std::string kEnd = event(R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":5}})") + event(R"({"type":"message_stop"})");

TEST(AnthropicRequest, MatchesTheGoldenBodies) {
    auto request = full_request("anthropic", "claude-opus-5-5");
    expect_golden("providers/anthropic_current.json", write_anthropic(request, model_of(request)).body);
    request.model = "claude-sonnet-4-5";
    request.anthropic_version = "2023-06-01";
    auto older = model_of(request);
    older.search_results = false;
    expect_golden("providers/anthropic_2023.json", write_anthropic(request, older).body);
}

TEST(AnthropicRequest, SendsKeyAndVersionAsHeaders) {
    const auto request = request_for("anthropic", "claude-opus-5-5");
    const auto wire = write_anthropic(request, model_of(request));
    EXPECT_EQ(wire.url, "https://api.anthropic.com/v1/messages");
    EXPECT_EQ(wire.headers.at(1), (std::pair<std::string, std::string>{"anthropic-version", "2026-10-21"}));
    EXPECT_EQ(wire.secret_headers.at(0).first, "x-api-key");
    EXPECT_EQ(wire.secret_headers.at(0).second.reveal(), "sk-canary-0123456789");
    EXPECT_FALSE(wire.body.contains("canary"));
    EXPECT_EQ(anthropic_url("http://h:1/"), "http://h:1/v1/messages");
    EXPECT_EQ(anthropic_url("http://h:1/v1"), "http://h:1/v1/messages");
}

TEST(AnthropicRequest, SamplingParametersFollowVersionAndModel) {
    auto request = request_for("anthropic", "claude-sonnet-4-5");
    request.temperature = 0;
    auto wire = write_anthropic(request, model_of(request));
    EXPECT_FALSE(wire.body.contains("temperature")) << "2026-10-21 accepts it for no model";
    EXPECT_EQ(wire.warnings.size(), 1U);
    request.anthropic_version = "2023-06-01";
    wire = write_anthropic(request, model_of(request));
    EXPECT_TRUE(wire.body.contains(R"("temperature":0)")) << "zero is a value";
    EXPECT_TRUE(wire.warnings.empty());
    request.temperature = 1.5;
    wire = write_anthropic(request, model_of(request));
    EXPECT_TRUE(wire.body.contains(R"("temperature":1,)"));
    EXPECT_EQ(wire.warnings.size(), 1U);
    request.model = "claude-opus-5-5";
    wire = write_anthropic(request, model_of(request));
    EXPECT_FALSE(wire.body.contains("temperature")) << "newer models refuse it in either version";
}

TEST(AnthropicRequest, LimitsMaxTokensAndLeavesOutEmptyBlocks) {
    auto request = request_for("anthropic", "claude-sonnet-4-5");
    request.messages = {user(""), user("x"), {MessageRole::assistant, {ThinkingBlock{"of another provider", {}}}}};
    request.max_tokens = 1'000'000;
    const auto wire = write_anthropic(request, model_of(request));
    EXPECT_TRUE(wire.body.contains(R"("max_tokens":64000)"));
    EXPECT_TRUE(wire.body.contains(R"("messages":[{"role":"user","content":[{"type":"text","text":"x"}]}])")) << wire.body;
}

TEST(AnthropicRequest, AsksForCitationsWhereTheModelGivesThem) {
    auto request = request_for("anthropic", "claude-sonnet-4-5");
    request.messages = {user("x")};
    request.passages = {{"p-1", "Climate", "It is mild."}};
    auto model = model_of(request);
    EXPECT_TRUE(write_anthropic(request, model).body.contains(R"("type":"search_result")"));
    model.search_results = false;
    const auto cited = write_anthropic(request, model).body;
    EXPECT_TRUE(cited.contains(R"("type":"document")") && cited.contains(R"("citations":{"enabled":true})")) << cited;
    model.citations = false;
    const auto plain = write_anthropic(request, model).body;
    EXPECT_TRUE(plain.contains(R"("data":"It is mild."},"title":"Climate"},)") && !plain.contains("citations")) << plain;
}

TEST(AnthropicStream, SaysWhatTheCallHasUsedSoFar) {
    std::vector<Usage> reports;
    const auto request = request_for("anthropic", "claude-opus-5-5");
    const DeltaSink sink = [&reports](const Delta& delta) {
        if (const auto* report = std::get_if<UsageReport>(&delta)) reports.push_back(report->usage);
    };
    const auto reader = read_anthropic(request, sink);
    reader->on_event(R"({"type":"message_start","message":{"model":"m","usage":{"input_tokens":3,"output_tokens":1,"cache_read_input_tokens":4}}})");
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].input_tokens, 7);
    EXPECT_EQ(reports[0].cache_read_tokens, 4);
    EXPECT_FALSE(reader->has_delivered()) << "the call may still be repeated";
    reader->on_event(R"({"type":"message_delta","delta":{},"usage":{"output_tokens":9}})");
    ASSERT_EQ(reports.size(), 2U);
    EXPECT_EQ(reports[1].input_tokens, 7);
    EXPECT_EQ(reports[1].output_tokens, 9);
}

TEST(AnthropicStream, RecordedStreamGivesTheGoldenTranscriptHoweverItIsCut) {
    const auto stream = read_file("tests/golden/providers/anthropic_stream.sse");
    const auto request = full_request("anthropic", "claude-opus-5-5");
    const auto whole = hear(stream, request);
    expect_golden("providers/anthropic_stream.txt", whole);
    for (const std::size_t piece : {1UL, 2UL, 3UL, 7UL, 100UL}) EXPECT_EQ(hear(stream, request, piece), whole) << piece;
}

TEST(AnthropicStream, EveryCutIsAnErrorNeverHalfAnAnswer) {
    const auto stream = read_file("tests/golden/providers/anthropic_stream.sse");
    const auto stop = stream.find("event: message_delta");
    for (std::size_t end = 0; end < stop; end += 3) {
        EXPECT_TRUE(hear(std::string_view(stream).substr(0, end)).contains("error upstream_error")) << end;
    }
}

TEST(AnthropicStream, ErrorsInMidStreamAreMapped) {
    const auto out = hear(kStart + kTextBlock + kHello + event(R"({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}})"));
    EXPECT_EQ(out, "text: Hello\nerror upstream_error: The model provider is overloaded\n");
    EXPECT_TRUE(hear(kStart + event(R"({"type":"error","error":{"type":"rate_limit_error","message":"x"}})")).contains("error rate_limited"));
    EXPECT_TRUE(hear(kStart + event(R"({"type":"error"})")).contains("malformed"));
}

TEST(AnthropicStream, MalformedStreamsAreErrors) {
    EXPECT_TRUE(hear(kStart + event(R"({"type":)") + kEnd).contains("malformed"));
    EXPECT_TRUE(hear(kStart + event("[1]") + kEnd).contains("malformed"));
    EXPECT_TRUE(hear(kStart + kHello + kEnd).contains("malformed")) << "a delta without its block";
    EXPECT_TRUE(hear(kStart + kTextBlock + kTextBlock + kEnd).contains("malformed")) << "the same index twice";
    EXPECT_TRUE(hear(kStart + event("{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"\xff\"}}")).contains("malformed")) << "bad UTF-8";
    EXPECT_TRUE(hear("").contains("ended early"));
    EXPECT_TRUE(hear(kStart + kTextBlock + kHello).contains("ended early"));
}

TEST(AnthropicStream, ToolInputMustBeAnObject) {
    const auto call = [](std::string_view json, std::string_view reason) {
        return kStart + event(R"({"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"t","name":"f","input":{}}})") +
               event(R"({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":")" + std::string(json) + "\"}}") +
               event(R"({"type":"message_delta","delta":{"stop_reason":")" + std::string(reason) + R"("},"usage":{}})");
    };
    EXPECT_TRUE(hear(call(R"({ \"a\" : [1.0, \"x y\\\\ \"] })", "tool_use")).contains(R"(tool call: t f {"a":[1.0,"x y\\ "]})"));
    EXPECT_TRUE(hear(call("", "tool_use")).contains("tool call: t f {}"));
    EXPECT_TRUE(hear(call(R"({\"a\":)", "tool_use")).contains("malformed"));
    EXPECT_TRUE(hear(call("[]", "tool_use")).contains("malformed"));
    EXPECT_TRUE(hear(call(R"({\"a\":)", "max_tokens")).contains("cut off by max_tokens"));
}

TEST(AnthropicStream, StopReasonsKnownAndUnknown) {
    const auto stop = [](std::string_view reason) { return kStart + event(R"({"type":"message_delta","delta":{"stop_reason":")" + std::string(reason) + R"("},"usage":{}})"); };
    EXPECT_TRUE(hear(stop("pause_turn")).contains(std::format("stop: {}\n", static_cast<int>(StopReason::pause))));
    EXPECT_TRUE(hear(stop("refusal")).contains(std::format("stop: {}\n", static_cast<int>(StopReason::refusal))));
    EXPECT_TRUE(hear(stop("model_context_window_exceeded")).contains(std::format("stop: {}\n", static_cast<int>(StopReason::context_window))));
    EXPECT_TRUE(hear(stop("moonrise")).contains(std::format("stop: {}\n", static_cast<int>(StopReason::other))));
}

TEST(AnthropicStream, ReadsAWholeBodyToo) {
    std::string heard;
    const auto sink = listen_into(heard);
    const auto request = request_for("anthropic", "claude-opus-5-5");
    const auto reader = read_anthropic(request, sink);
    reader->on_whole(R"({"type":"message","model":"m","content":[{"type":"text","text":"Hi"},{"type":"tool_use","id":"t","name":"f","input":{"a":1}}],"stop_reason":"tool_use",
                         "usage":{"input_tokens":3,"output_tokens":2,"cache_read_input_tokens":4}})");
    const auto answer = reader->finish();
    ASSERT_TRUE(answer);
    EXPECT_EQ(heard, "text: Hi\n");
    EXPECT_EQ(answer->blocks.size(), 2U);
    EXPECT_EQ(answer->usage.input_tokens, 7);
}

}  // namespace
}  // namespace agentic::llm
