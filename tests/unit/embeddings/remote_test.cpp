// OpenAI's protocol over real sockets, against a scripted server.
#include <gtest/gtest.h>

#include <cmath>

#include "core/encoding.hpp"
#include "embeddings/remote_source.hpp"
#include "support/scripted_run.hpp"
#include "support/scripted_server.hpp"

namespace agentic::embeddings {
namespace {

using namespace std::chrono_literals;
using namespace agentic::test;

std::string row(std::size_t index, std::vector<float> values, bool as_numbers = false) {
    std::string embedding;
    if (as_numbers) {
        for (const float x : values) embedding += (embedding.empty() ? "[" : ",") + std::to_string(x);
        embedding += "]";
    } else {
        append_json_string(embedding, base64_encode({reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)}));
    }
    return std::format(R"({{"object":"embedding","index":{},"embedding":{}}})", index, embedding);
}
std::string answer(const std::string& rows) { return http_answer(200, R"({"object":"list","data":[)" + rows + R"(],"model":"m","usage":{"prompt_tokens":1,"total_tokens":1}})"); }

class RemoteTest : public testing::Test {
protected:
    RemoteTest() { outbound = *http::make_outbound_client(std::make_unique<http::GuardedPolicy>(*http::AddressGuard::create("127.0.0.1/32"))); }

    Result<EmbeddedTexts> embed(const ScriptedServer& server, std::vector<std::string> texts, Purpose purpose = Purpose::document) {
        RemoteModel model{.base_url = server.url("/v1"), .key = Secret("sk-canary-1"), .model = "m", .dimensions = 2, .window = window, .asks_dimensions = true};
        options.retries.base = 20ms;
        options.retries.random = [] { return 0.0; };
        RemoteSource source(std::move(model), *outbound, tokens, options);
        return agentic::test::run(context, source.embed(std::move(texts), purpose));
    }

    asio::io_context context;
    std::unique_ptr<http::OutboundClient> outbound;
    EstimatedTokens tokens;
    RemoteOptions options;
    std::size_t window = 100;
};

TEST_F(RemoteTest, AsksForBase64AndPutsRowsInOrder) {
    ScriptedServer server(context, {{Send{answer(row(1, {0, 5}) + "," + row(0, {3, 4}, true))}}});
    const auto out = embed(server, {"one\n\"", ""});
    ASSERT_TRUE(out) << out.error().internal_context;
    EXPECT_EQ(out->vectors.values, (std::vector<float>{0.6F, 0.8F, 0, 1})) << "of length 1";
    EXPECT_EQ(out->first, (std::vector<std::size_t>{0, 1, 2}));
    const auto& request = server.requests().at(0);
    EXPECT_EQ(request.target, "/v1/embeddings");
    EXPECT_EQ(request.header("authorization"), "Bearer sk-canary-1");
    EXPECT_EQ(request.body, R"({"model":"m","encoding_format":"base64","dimensions":2,"input":["one\n\""," "]})") << "an empty input would be refused";
}

TEST_F(RemoteTest, SplitsByInputsTokensAndWindow) {
    std::vector<std::size_t> sizes;
    ScriptedServer server(context, [&](const ScriptedRequest& request) -> Steps {
        std::size_t inputs = 1;
        for (std::size_t at = request.body.find("\"input\":"); (at = request.body.find("\",\"", at)) != std::string::npos; at += 2) ++inputs;
        sizes.push_back(inputs);
        std::string rows;
        for (std::size_t i = 0; i < inputs; ++i) rows += (i > 0 ? "," : "") + row(i, {1, 0});
        return {Send{answer(rows)}};
    });
    EXPECT_EQ(embed(server, std::vector<std::string>(250, "a"))->vectors.size(), 250U);
    EXPECT_EQ(sizes, (std::vector<std::size_t>{100, 100, 50}));
    sizes.clear();
    options.max_tokens = 10;
    EXPECT_TRUE(embed(server, std::vector<std::string>(5, "a b c d")));
    EXPECT_EQ(sizes, (std::vector<std::size_t>{2, 2, 1}));
    sizes.clear();
    options.max_tokens = 1000;
    std::string words;
    for (int i = 0; i < 250; ++i) words += "ab ";
    const auto out = embed(server, {words, "b"});
    EXPECT_EQ(out->first, (std::vector<std::size_t>{0, 3, 4})) << "250 tokens in three windows";
    EXPECT_EQ(embed(server, {words}, Purpose::query)->vectors.size(), 1U);
}

TEST_F(RemoteTest, RetriesAsAskedThenGivesUp) {
    const auto busy = http_answer(429, "{}", "retry-after-ms: 30\r\n");
    ScriptedServer server(context, {{Send{busy}}, {Send{http_answer(500, "oops")}}, {Send{answer(row(0, {1, 0}))}}});
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_TRUE(embed(server, {"a"}));
    EXPECT_EQ(server.requests().size(), 3U);
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 65ms) << "30 asked for, 40 of backoff";
    ScriptedServer never(context, {{Send{busy}}});
    const auto failed = embed(never, {"a"});
    EXPECT_EQ(never.requests().size(), 3U);
    EXPECT_EQ(failed.error().code, ErrorCode::upstream_error);
    EXPECT_EQ(failed.error().retry_after_s, 1);
    ScriptedServer slow(context, {{Send{http_answer(429, "{}", "retry-after: 3600\r\n")}}});
    EXPECT_EQ(embed(slow, {"a"}).error().retry_after_s, 3600);
    EXPECT_EQ(slow.requests().size(), 1U) << "an hour is not waited for";
}

TEST_F(RemoteTest, DoesNotRepeatWhatWasRefused) {
    for (const auto& [status, message] : {std::pair{401, "The embedding provider refused the API key"}, {404, "The embedding provider does not know this model"}, {400, "The embedding provider refused the request"}}) {
        ScriptedServer server(context, {{Send{http_answer(status, R"({"error":{"message":"sk-canary-1"}})")}}});
        const auto out = embed(server, {"a"});
        EXPECT_EQ(out.error().public_message, message);
        EXPECT_EQ(server.requests().size(), 1U);
    }
}

TEST_F(RemoteTest, RefusesAnswersThatDoNotFit) {
    for (const auto& rows : {row(0, {1, 2, 3}), row(1, {1, 2}), row(0, {0, 0}), row(0, {1, 2}) + "," + row(0, {1, 2}), std::string(), std::string("null"),
                             std::string(R"({"index":0,"embedding":"!!!!"})"), row(0, {NAN, 1})}) {
        ScriptedServer server(context, {{Send{answer(rows)}}});
        EXPECT_EQ(embed(server, {"a"}).error().code, ErrorCode::upstream_error) << rows;
    }
}

TEST(EstimatedTokens, CoverTheTextInOrder) {
    const EstimatedTokens tokens;
    EXPECT_EQ(tokens.count("hello world"), 4U);
    EXPECT_EQ(tokens.count("12345 x\n世"), 3U + 1 + 1 + 2);
    EXPECT_EQ(tokens.tokens("a\xFF").size(), 2U);
    std::size_t last = 0;
    for (const auto [begin, end] : tokens.tokens("some text, 123 und noch 世界 😀.")) {
        EXPECT_LE(last, end);
        last = end;
    }
}

}  // namespace
}  // namespace agentic::embeddings
