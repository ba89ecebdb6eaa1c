// A cross-encoder over random weights; what it calculates is compared with Transformers in tests/embeddings/test_reranker.py.
#include <gtest/gtest.h>

#include <boost/asio/use_awaitable.hpp>

#include "embeddings/configured_embedders.hpp"
#include "embeddings/local_reranker.hpp"
#include "support/co_test.hpp"
#include "support/temp_dir.hpp"
#include "tiny_onnx.hpp"

namespace agentic::embeddings {
namespace {

using agentic::test::TempDir;
using test::write_tiny_reranker;

struct NoOutbound final : http::OutboundClient {
    Task<http::OutboundResponse> send(http::OutboundRequest) override { co_return fail(ErrorCode::upstream_error, "No network in tests"); }
};

template <class... Text>
std::vector<std::string> list(Text... texts) {
    std::vector<std::string> out;
    (out.emplace_back(std::move(texts)), ...);
    return out;
}

auto soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(5); }

TEST(FitPair, CutsTheLongerTextFirst) {
    const auto fitted = [](std::size_t query, std::size_t passage, std::size_t room) {
        const auto [q, p] = fit_pair(query, passage, room);
        return std::pair(q, p);
    };
    EXPECT_EQ(fitted(3, 4, 7), std::pair(3UZ, 4UZ));
    EXPECT_EQ(fitted(3, 9, 7), std::pair(3UZ, 4UZ));
    EXPECT_EQ(fitted(9, 3, 7), std::pair(4UZ, 3UZ));
    EXPECT_EQ(fitted(9, 9, 7), std::pair(3UZ, 4UZ)) << "of two equal ones the passage counts as the longer";
    EXPECT_EQ(fitted(10, 9, 7), std::pair(4UZ, 3UZ));
    EXPECT_EQ(fitted(5, 90, 7), std::pair(3UZ, 4UZ)) << "a long query loses, too";
    EXPECT_EQ(fitted(0, 90, 7), std::pair(0UZ, 7UZ));
    EXPECT_EQ(fitted(9, 9, 0), std::pair(0UZ, 0UZ));
}

TEST(RerankModel, MakesPairsOfTheQueryAndEachPassage) {
    const TempDir folder;
    write_tiny_reranker(folder.path(), 9);
    const auto model = RerankModel::open("tiny", folder.path(), PrecisionChoice::fp32);
    ASSERT_TRUE(model) << model.error().public_message;
    const auto split = (*model)->split(list("a b", "c", "d e f g h i"), Purpose::query);
    EXPECT_EQ(split.first, (std::vector<std::size_t>{0, 0, 1, 2}));
    ASSERT_EQ(split.sequences.size(), 2U);
    EXPECT_EQ(split.sequences[0].ids, (std::vector<TokenId>{2, 5, 6, 3, 7, 3}));
    EXPECT_EQ(split.sequences[0].second, 4U);
    EXPECT_EQ(split.sequences[1].ids, (std::vector<TokenId>{2, 5, 6, 3, 8, 9, 10, 11, 3})) << "the passage is cut";
    EXPECT_TRUE((*model)->split(list("a b"), Purpose::query).sequences.empty());
    EXPECT_TRUE((*model)->split({}, Purpose::query).sequences.empty());
}

TEST(RerankModel, SaysWhatItNeeds) {
    const TempDir folder;
    const auto refusal = [&](std::string_view more) {
        test::write_tiny_files(folder.path(), true, 24, more);
        return RerankModel::open("tiny", folder.path(), PrecisionChoice::fp32).error().public_message;
    };
    const auto expected = "config.json: a reranking model is a BertForSequenceClassification with one label";
    EXPECT_EQ(refusal(""), expected);
    EXPECT_EQ(refusal(R"(,"architectures":["BertModel"])"), expected);
    EXPECT_EQ(refusal(R"(,"architectures":["BertForSequenceClassification"])"), expected) << "two labels, when nothing is said";
    EXPECT_EQ(refusal(R"(,"architectures":["BertForSequenceClassification"],"num_labels":3)"), expected);
    write_tiny_reranker(folder.path());
    EXPECT_EQ(LocalModel::open("tiny", folder.path(), PrecisionChoice::fp32).error().public_message, "tiny gives scores, not vectors: it can be used for reranking only");
}

TEST(CrossEncoder, ScoresAPairAloneAsItDoesAmongOthersAndFromOnnx) {
    const TempDir folder;
    write_tiny_reranker(folder / "st");
    test::write_tiny_files(folder / "onnx", true, 24, test::kTinyReranker);
    test::write_text(folder / "onnx/model.onnx", test::onnx_of(test::tiny_reranker_tensors()));
    std::vector<std::vector<float>> all;
    for (const auto* kind : {"st", "onnx"}) {
        const auto model = RerankModel::open("tiny", folder / kind, PrecisionChoice::fp32);
        ASSERT_TRUE(model && (*model)->load());
        const auto split = (*model)->split(list("a hello", "b", "c d e", "hello hello hello hello hello"), Purpose::query);
        std::vector<TokenSequence> pairs;
        for (const auto& [ids, second] : split.sequences) pairs.push_back({ids, second});
        auto& scores = all.emplace_back(3);
        (*model)->run(pairs, scores.data());
        for (std::size_t i = 0; i < pairs.size(); ++i) {
            float alone = 0;
            (*model)->run(std::span(pairs).subspan(i, 1), &alone);
            EXPECT_NEAR(alone, scores[i], 1e-6);
            EXPECT_TRUE(alone > 0 && alone < 1);
        }
    }
    EXPECT_EQ(all[0], all[1]);
    EXPECT_NE(all[0][0], all[0][1]);
}

AGENTIC_CO_TEST(LocalReranker, ScoresOnThePool) {
    const TempDir folder;
    write_tiny_reranker(folder.path());
    auto pool = std::make_unique<EncoderPool>(EncoderPoolOptions{.threads = 2, .pass_tokens = 16});
    LocalReranker reranker(*pool, RerankModel::open("tiny", folder.path(), PrecisionChoice::fp32).value());
    EXPECT_EQ(reranker.model(), "tiny");
    std::vector<std::string> many;
    for (int i = 0; i < 60; ++i) many.push_back(std::string(1, static_cast<char>('a' + i % 26)) + " hello");
    const auto scores = co_await reranker.score("hello", many, soon());
    EXPECT_EQ(scores->size(), 60U);
    const auto one = co_await reranker.score("hello", list("b hello"), soon());
    EXPECT_NEAR(scores->at(1), one->at(0), 1e-6);
    EXPECT_NEAR(scores->at(27), one->at(0), 1e-6);
    EXPECT_TRUE((co_await reranker.score("hello", list(), soon()))->empty());
    many.resize(20'000, "hello hello hello hello");
    const auto late = co_await reranker.score("hello", std::move(many), std::chrono::steady_clock::now());
    EXPECT_EQ(late ? ErrorCode::internal_error : late.error().code, ErrorCode::deadline_exceeded);
    EXPECT_TRUE(co_await reranker.score("hello", list("b"), soon())) << "what was given up is in nobody's way";
    pool.reset();  // may still work on what was given up
}

AGENTIC_CO_TEST(LocalReranker, SaysThatTheWeightsAreGone) {
    const TempDir folder;
    write_tiny_reranker(folder.path());
    std::filesystem::remove(folder / "model.safetensors");
    auto pool = std::make_unique<EncoderPool>(EncoderPoolOptions{.threads = 1});
    LocalReranker reranker(*pool, RerankModel::open("tiny", folder.path(), PrecisionChoice::fp32).value());
    const auto gone = co_await reranker.score("a", list("b"), soon());
    EXPECT_EQ(gone.error().code, ErrorCode::unavailable);
    EXPECT_EQ(gone.error().public_message, "The reranking model tiny cannot be used");
    pool.reset();
}

TEST(ConfiguredReranker, IsFoundByNameOrDirectory) {
    const TempDir folder;
    NoOutbound outbound;
    write_tiny_reranker(folder / "models/tiny");
    const auto with = [&](std::string model) { return EmbeddersConfig{.folders = {folder / "models"}, .precision = PrecisionChoice::fp32, .rerank_model = std::move(model)}; };
    EXPECT_EQ(ConfiguredEmbedders(with(""), outbound).reranker().value(), nullptr);
    ConfiguredEmbedders named(with("tiny"), outbound), placed(with((folder / "models/tiny").string()), outbound), missing(with("other"), outbound);
    ASSERT_TRUE(named.reranker());
    EXPECT_EQ((*named.reranker())->model(), "tiny");
    EXPECT_EQ(*named.reranker(), *named.reranker());
    EXPECT_TRUE(placed.reranker());
    EXPECT_EQ(missing.reranker().error().public_message, "The reranking model other is not installed; run: agentic models install other --from DIRECTORY");
    EXPECT_FALSE(named.dimensions_of("tiny")) << "it gives no vectors";
    EXPECT_EQ(named.find("tiny").error().code, ErrorCode::bad_request);
}

}  // namespace
}  // namespace agentic::embeddings
