// OpenAI's tokens over a tiny vocabulary; tests/embeddings/test_byte_pairs.py compares the real one with the reference.
#include "embeddings/byte_pairs.hpp"

#include <gtest/gtest.h>

#include <chrono>

#include "core/encoding.hpp"
#include "embeddings/configured_embedders.hpp"
#include "embeddings/remote_source.hpp"
#include "embeddings/text_pieces.hpp"
#include "support/temp_dir.hpp"
#include "tiny_model.hpp"

namespace agentic::embeddings {
namespace {

using agentic::test::TempDir;

/// Every byte is its own id; then, in the order of their joining, a few longer ones.
std::vector<RankedPiece> tiny_ranks() {
    std::vector<RankedPiece> out;
    for (int value = 0; value < 256; ++value) out.push_back({std::string(1, static_cast<char>(value)), value});
    for (const auto* piece : {"ab", "bc", "abc", "aa", "aaaa", " a", "\xe4\xb8", "  ", "12"}) out.push_back({piece, static_cast<std::int32_t>(out.size())});
    return out;
}

const BytePairs& tokenizer() {
    static const BytePairs out(tiny_ranks());
    return out;
}

std::vector<std::string> pieces_of(std::string_view text) {
    std::vector<std::string> out;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = piece_end(text, at);
        out.emplace_back(text.substr(at, end - at));
        at = end;
    }
    return out;
}

std::string rank_file(const std::vector<RankedPiece>& ranks) {
    std::string out;
    for (const auto& [bytes, rank] : ranks) out += base64_encode(bytes) + " " + std::to_string(rank) + "\n";
    return out;
}

using Ids = std::vector<std::int32_t>;
using Pieces = std::vector<std::string>;

TEST(TextPieces, AreThoseOfThePattern) {
    EXPECT_EQ(pieces_of("Hello, world! don't"), (Pieces{"Hello", ",", " world", "!", " don", "'t"}));
    EXPECT_EQ(pieces_of("WE'LL 'Tis x'\u017F x'qu"), (Pieces{"WE", "'LL", " '", "Tis", " x", "'\u017F", " x", "'qu"}));
    EXPECT_EQ(pieces_of("12345 6"), (Pieces{"123", "45", " ", "6"}));
    EXPECT_EQ(pieces_of("a  b\n\n  c   "), (Pieces{"a", " ", " b", "\n\n", " ", " c", "   "}));
    EXPECT_EQ(pieces_of("a \n \n b"), (Pieces{"a", " \n \n", " b"}));
    EXPECT_EQ(pieces_of(" ...\r\n\r\nx"), (Pieces{" ...\r\n\r\n", "x"}));
    EXPECT_EQ(pieces_of("\ta\u3000世界e\u0301"), (Pieces{"\ta", "\u3000世界e", "\u0301"}));
}

TEST(BytePairs, JoinsTheLowestRankFirstThenTheLeftmost) {
    EXPECT_EQ(tokenizer().encode("abc"), (Ids{258})) << "a whole piece";
    EXPECT_EQ(tokenizer().encode("abcb"), (Ids{258, 'b'}));
    EXPECT_EQ(tokenizer().encode("bcab"), (Ids{257, 256}));
    EXPECT_EQ(tokenizer().encode("babc"), (Ids{'b', 258}));
    EXPECT_EQ(tokenizer().encode("aaaaaaa"), (Ids{260, 259, 'a'}));
    EXPECT_EQ(tokenizer().encode("a a1212"), (Ids{'a', 261, 264, '1', '2'})) << "never across pieces";
    EXPECT_EQ(tokenizer().encode(""), Ids{});
}

std::vector<std::pair<std::size_t, std::size_t>> spans_of(std::string_view text) {
    std::vector<std::pair<std::size_t, std::size_t>> out;
    for (const auto [begin, end] : tokenizer().tokens(text)) out.emplace_back(begin, end);
    return out;
}

TEST(BytePairs, SpansAreWholeCharacters) {
    using Spans = std::vector<std::pair<std::size_t, std::size_t>>;
    EXPECT_EQ(spans_of("ab a"), (Spans{{0, 2}, {2, 4}}));
    EXPECT_EQ(spans_of("世x"), (Spans{{0, 3}, {0, 3}, {3, 4}})) << "two tokens of one character";
    EXPECT_EQ(spans_of("a\xff" "b"), (Spans{{0, 1}, {1, 2}, {1, 2}, {1, 2}, {2, 3}})) << "U+FFFD has three bytes";
    EXPECT_EQ(spans_of("\xe4\xb8"), (Spans{{0, 1}, {0, 1}, {0, 1}, {1, 2}, {1, 2}, {1, 2}}));
}

TEST(BytePairs, LongRunsTakeNoSquareOfTheirLength) {
    const auto began = std::chrono::steady_clock::now();
    EXPECT_EQ(tokenizer().count(std::string(1'000'000, 'a')), 250'000U);
    EXPECT_EQ(tokenizer().count(std::string(1'000'003, ' ')), 500'002U);
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(60)) << "the square would be days";
}

TEST(BytePairs, TakesPiecesOfMoreThanAMebibyteInParts) {
    EXPECT_EQ(tokenizer().count(std::string((1U << 20) + 1, 'a')), (1U << 18) + 1);
    std::string ideographs;
    for (int i = 0; i < 400'000; ++i) ideographs += "世";
    const auto spans = tokenizer().tokens(ideographs);
    EXPECT_EQ(spans.size(), 800'000U) << "cut between characters";
    EXPECT_EQ(spans.back().end, ideographs.size());
}

TEST(BytePairs, WindowsHoldWhatTheModelTakes) {
    std::string text;
    for (std::size_t i = 0; i < 4000; ++i) text += i % 7 == 0 ? "abcaab" : i % 5 == 0 ? " 12345" : i % 3 == 0 ? "世x'll" : " \n  bc";
    constexpr std::size_t kWindow = 512;
    const auto parts = split_for_window(text, tokenizer(), kWindow, Purpose::document);
    EXPECT_GT(parts.size(), 10U);
    for (const auto part : parts) EXPECT_LE(tokenizer().count(part), kWindow);
    EXPECT_TRUE(text.starts_with(parts.front()) && text.ends_with(parts.back()));
}

TEST(RankFile, IsReadStrictly) {
    const auto good = rank_file(tiny_ranks());
    const auto read = parse_ranks(good);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->size(), 265U);
    EXPECT_EQ(BytePairs(*read).encode("abc"), (Ids{258}));
    for (const auto& wrong : {std::string(), good.substr(7), good + "YWI= 300\n", good + "eHk= 5\n", good + "eHk=\n", good + "!!!! 300\n", good + "eHk= -1\n", good + "eHk= 99999999999\n", good + "eHk= 3x\n", good + " 300\n",
                              good + base64_encode(std::string(256, 'x')) + " 300\n"}) {
        EXPECT_FALSE(parse_ranks(wrong)) << wrong.substr(std::min(wrong.size(), good.size()));
    }
    EXPECT_EQ(read_ranks("/nonexistent").error().code, ErrorCode::not_found);
}

struct NoNetwork final : http::OutboundClient {
    Task<http::OutboundResponse> send(http::OutboundRequest) override { co_return fail(ErrorCode::upstream_error, "no network"); }
};

TEST(Vocabulary, CountsForTheModelsOfOpenAiOnceItIsInstalled) {
    const TempDir folder;
    NoNetwork network;
    const EmbeddersConfig config{.folders = {folder.path()}, .openai_base_url = "http://127.0.0.1:1", .openai_api_key = Secret("key")};
    const std::string text = "abcabc";
    const auto counted = [&] { return ConfiguredEmbedders(config, network).find("text-embedding-3-small").value()->tokens().count(text); };
    EXPECT_EQ(counted(), EstimatedTokens().count(text)) << "not installed";
    std::filesystem::create_directories(folder / "cl100k_base");
    test::write_text(folder / "cl100k_base/cl100k_base.tiktoken", "no ranks");
    EXPECT_EQ(counted(), EstimatedTokens().count(text)) << "of no use";
    auto ranks = tiny_ranks();
    ranks.push_back({"abcabc", 265});
    test::write_text(folder / "cl100k_base/cl100k_base.tiktoken", rank_file(ranks));
    EXPECT_EQ(counted(), 1U);
    ConfiguredEmbedders embedders(config, network);
    EXPECT_EQ(embedders.find("cl100k_base").error().code, ErrorCode::bad_request) << "it embeds nothing";
    EXPECT_EQ(embedders.dimensions_of("cl100k_base"), std::nullopt);
    const ModelStore store({folder.path()});
    EXPECT_EQ(store.verify("cl100k_base").error().code, ErrorCode::bad_request) << "not the pinned file";
    EXPECT_TRUE(std::ranges::any_of(store.list(), [](const auto& model) { return model.name == "cl100k_base" && model.origin == "vocabulary" && !model.directory.empty(); }));
}

}  // namespace
}  // namespace agentic::embeddings
