#include "knowledge/fusion.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace agentic::knowledge {
namespace {

Uuid id(std::uint8_t n) {
    Uuid::Bytes bytes{};
    bytes[15] = n;
    return Uuid(bytes);
}

std::vector<std::uint8_t> order(const std::vector<FusedHit>& hits) {
    std::vector<std::uint8_t> out;
    for (const auto& hit : hits) out.push_back(hit.chunk.bytes()[15]);
    return out;
}

const std::vector<RankedHit> kVector = {{id(1), 0.9}, {id(2), 0.7}, {id(3), 0.5}};
const std::vector<RankedHit> kLexical = {{id(3), 12.0}, {id(4), 7.0}, {id(1), 2.0}};

TEST(Fusion, ReciprocalRankIsTheSumOfReciprocals) {
    const auto hits = fuse(kVector, kLexical, {.method = FusionMethod::reciprocal_rank});
    EXPECT_EQ(order(hits), (std::vector<std::uint8_t>{1, 3, 2, 4}));  // 1 and 3 tie, as do 2 and 4: the lower id first
    EXPECT_DOUBLE_EQ(hits[0].score, 0.5 / 61 + 0.5 / 63);
    EXPECT_DOUBLE_EQ(hits[1].score, 0.5 / 63 + 0.5 / 61);
    EXPECT_DOUBLE_EQ(hits[2].score, 0.5 / 62);
    EXPECT_DOUBLE_EQ(hits[3].score, 0.5 / 62);
}

TEST(Fusion, MinMaxIsTheWeightedSumOfNormalisedScores) {
    const auto hits = fuse(kVector, kLexical, {.method = FusionMethod::min_max, .vector_weight = 0.6});
    EXPECT_EQ(order(hits), (std::vector<std::uint8_t>{1, 3, 2, 4}));
    EXPECT_DOUBLE_EQ(hits[0].score, 0.6 * 1 + 0.4 * 0);
    EXPECT_DOUBLE_EQ(hits[1].score, 0.6 * 0 + 0.4 * 1);
    EXPECT_DOUBLE_EQ(hits[2].score, 0.6 * ((0.7 - 0.5) / (0.9 - 0.5)));
    EXPECT_DOUBLE_EQ(hits[3].score, 0.4 * 0.5);
}

TEST(Fusion, ExplainsWhereEachHitStood) {
    const auto hits = fuse(kVector, kLexical, {});
    const auto& three = hits[1];
    ASSERT_EQ(three.chunk, id(3));
    EXPECT_EQ(three.vector->rank, 3U);
    EXPECT_EQ(three.vector->score, 0.5);
    EXPECT_EQ(three.lexical->rank, 1U);
    EXPECT_EQ(three.lexical->score, 12.0);
    const auto four = std::ranges::find(hits, id(4), &FusedHit::chunk);
    ASSERT_NE(four, hits.end());
    EXPECT_FALSE(four->vector);
}

TEST(Fusion, OneRankingAloneKeepsItsOrder) {
    EXPECT_EQ(order(fuse(kVector, {}, {})), (std::vector<std::uint8_t>{1, 2, 3}));
    EXPECT_EQ(order(fuse({}, kLexical, {.method = FusionMethod::reciprocal_rank})), (std::vector<std::uint8_t>{3, 4, 1}));
    EXPECT_EQ(order(fuse(kVector, kLexical, {.vector_weight = 1})), (std::vector<std::uint8_t>{1, 2, 3, 4}));
    EXPECT_TRUE(fuse({}, {}, {}).empty());
}

TEST(Fusion, EqualScoresCountAsTheMaximum) {
    const auto hits = fuse(std::vector<RankedHit>{{id(9), 0.4}, {id(8), 0.4}}, {}, {});
    EXPECT_DOUBLE_EQ(hits[0].score, 0.5);
    EXPECT_EQ(order(hits), (std::vector<std::uint8_t>{9, 8}));  // the ranking's own order
}

}  // namespace
}  // namespace agentic::knowledge
