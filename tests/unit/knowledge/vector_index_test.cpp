#include "knowledge/vector_index.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "vectors.hpp"

namespace agentic::knowledge {
namespace {

using namespace test;

ChunkKey key_of(std::size_t i) { return {id_of(i), id_of(i / 10)}; }

void fill(VectorIndex& index, const RandomVectors& vectors) {
    for (std::size_t i = 0; i < vectors.count(); ++i) index.add(key_of(i), vectors.row(i));
}

std::vector<std::uint64_t> numbers(const std::vector<VectorHit>& hits) {
    std::vector<std::uint64_t> out;
    for (const auto& hit : hits) out.push_back(number_of(hit.key.chunk));
    return out;
}

// The best by products in double precision, of the rows that `allow` lets through.
template <class Allow>
std::vector<std::uint64_t> exact(const RandomVectors& vectors, std::span<const float> query, std::size_t k, Allow allow) {
    std::vector<std::pair<double, std::uint64_t>> scores;
    for (std::size_t i = 0; i < vectors.count(); ++i) {
        if (allow(i)) scores.emplace_back(-product(vectors.row(i), query), i);
    }
    std::ranges::sort(scores);
    std::vector<std::uint64_t> out;
    for (std::size_t i = 0; i < std::min(k, scores.size()); ++i) out.push_back(scores[i].second);
    return out;
}

const auto kEvery = [](std::size_t) { return true; };

TEST(VectorIndex, ExactSearchEqualsTheScanInDoublePrecision) {
    for (const std::size_t dimensions : {3UL, 64UL, 100UL, 384UL}) {
        for (const std::size_t count : {1UL, 7UL, 16UL, 17UL, 300UL, 1'500UL}) {
            const RandomVectors vectors(count, dimensions, count), queries(20, dimensions, count);
            VectorIndex index(dimensions);
            fill(index, vectors);
            for (std::size_t q = 0; q < queries.count(); ++q) {
                const auto hits = index.search(queries.row(q), 10);
                ASSERT_EQ(numbers(hits), exact(vectors, queries.row(q), 10, kEvery)) << count << " x " << dimensions;
                for (const auto& hit : hits) EXPECT_NEAR(hit.score, product(vectors.row(number_of(hit.key.chunk)), queries.row(q)), 2e-6);
            }
        }
    }
}

// Rows whose codes are equal or nearly so: what a search by codes alone would order wrongly.
TEST(VectorIndex, ExactSearchTellsNearTwinsApart) {
    const RandomVectors base(1, 384, 5);
    RandomVectors vectors(400, 384, 6);
    for (std::size_t i = 0; i < 400; ++i) {
        for (std::size_t d = 0; d < 384; ++d) vectors.values[i * 384 + d] = base.values[d] + (d == i % 384 ? 2e-4F : 0);
    }
    VectorIndex index(384);
    fill(index, vectors);
    const RandomVectors query(1, 384, 7);
    const auto hits = index.search(query.row(0), 10);
    const auto wanted = exact(vectors, query.row(0), 10, kEvery);
    for (std::size_t i = 0; i < 10; ++i) EXPECT_NEAR(hits[i].score, product(vectors.row(wanted[i]), query.row(0)), 3e-7);
}

TEST(VectorIndex, FiltersAndRemovals) {
    const RandomVectors vectors(2'000, 64, 1), queries(10, 64, 1);
    VectorIndex index(64);
    fill(index, vectors);
    std::vector<Uuid> gone;
    for (std::size_t i = 0; i < 2'000; i += 3) gone.push_back(id_of(i));
    index.remove(gone);
    index.remove_document(id_of(5));  // chunks 50 to 59
    index.remove(std::vector{id_of(999'999)});
    const auto is_left = [](std::size_t i) { return i % 3 != 0 && i / 10 != 5; };
    const auto is_even = [](const ChunkKey& key) { return number_of(key.chunk) % 2 == 0; };
    for (std::size_t q = 0; q < queries.count(); ++q) {
        EXPECT_EQ(numbers(index.search(queries.row(q), 10)), exact(vectors, queries.row(q), 10, is_left));
        EXPECT_EQ(numbers(index.search(queries.row(q), 10, is_even)), exact(vectors, queries.row(q), 10, [&](std::size_t i) { return is_left(i) && i % 2 == 0; }));
    }
    EXPECT_EQ(index.chunks(), 2'000U - 667 - 7);
    EXPECT_EQ(index.rows(), index.chunks());
    EXPECT_TRUE(index.search(queries.row(0), 10, [](const ChunkKey&) { return false; }).empty());
}

TEST(VectorIndex, AChunkCountsOnceWithItsBestWindow) {
    const RandomVectors vectors(90, 32, 2), queries(10, 32, 2);
    VectorIndex index(32);
    for (std::size_t i = 0; i < 30; ++i) index.add(key_of(i), {vectors.values.data() + i * 3 * 32, 3 * 32});
    EXPECT_EQ(index.chunks(), 30U);
    EXPECT_EQ(index.rows(), 90U);
    for (std::size_t q = 0; q < queries.count(); ++q) {
        std::map<std::size_t, double> best;
        for (std::size_t row = 0; row < 90; ++row) best.try_emplace(row / 3, -2).first->second = std::max(best[row / 3], product(vectors.row(row), queries.row(q)));
        const auto hits = index.search(queries.row(q), 10);
        ASSERT_EQ(hits.size(), 10U);
        std::vector<double> wanted;
        for (const auto& [chunk, score] : best) wanted.push_back(score);
        std::ranges::sort(wanted, std::greater<>());
        for (std::size_t i = 0; i < 10; ++i) {
            EXPECT_NEAR(hits[i].score, wanted[i], 1e-6);
            EXPECT_NEAR(hits[i].score, best[number_of(hits[i].key.chunk)], 1e-6);
        }
    }
}

TEST(VectorIndex, AddingAgainReplaces) {
    const RandomVectors vectors(3, 16, 3);
    VectorIndex index(16);
    index.add(key_of(1), {vectors.values.data(), 32});
    index.add(key_of(1), vectors.row(2));
    EXPECT_EQ(index.chunks(), 1U);
    EXPECT_EQ(index.rows(), 1U);
    const auto hits = index.search(vectors.row(0), 5);
    ASSERT_EQ(hits.size(), 1U);
    EXPECT_NEAR(hits[0].score, product(vectors.row(0), vectors.row(2)), 1e-6);
    index.clear();
    EXPECT_TRUE(index.search(vectors.row(0), 5).empty());
    EXPECT_EQ(index.chunks(), 0U);
}

TEST(VectorIndex, RemovedRowsGiveTheirMemoryBack) {
    const RandomVectors vectors(4'000, 32, 4);
    VectorIndex index(32);
    fill(index, vectors);
    const auto full = index.bytes();
    std::vector<Uuid> gone;
    for (std::size_t i = 0; i < 3'900; ++i) gone.push_back(id_of(i));
    index.remove(gone);
    EXPECT_LT(index.bytes(), full / 8);
    EXPECT_EQ(numbers(index.search(vectors.row(3'950), 1)), (std::vector<std::uint64_t>{3'950}));
    index.add(key_of(5), vectors.row(5));
    index.remove(std::vector{id_of(3'950)});
    EXPECT_EQ(numbers(index.search(vectors.row(5), 1)), (std::vector<std::uint64_t>{5}));
    EXPECT_EQ(index.chunks(), 100U);
}

TEST(VectorIndex, RefusesVectorsItCannotHold) {
    VectorIndex index(4);
    const std::vector<float> five(5), nothing, infinite{1, 0, 0, INFINITY};
    EXPECT_THROW(index.add(key_of(0), five), std::invalid_argument);
    EXPECT_THROW(index.add(key_of(0), nothing), std::invalid_argument);
    EXPECT_THROW(index.add(key_of(0), infinite), std::invalid_argument);
    EXPECT_THROW(index.search(five, 1), std::invalid_argument);
    EXPECT_THROW(index.search(infinite, 1), std::invalid_argument);
    const std::vector<float> zero(4);
    index.add(key_of(0), zero);  // a model may make one of an empty text
    EXPECT_EQ(index.search(zero, 3).size(), 1U);
}

TEST(VectorIndex, SizesAreSaneWhileOthersWrite) {
    const RandomVectors vectors(600, 3, 1);
    VectorIndex index(3);
    std::atomic<bool> is_done = false;
    std::thread writer([&] {
        std::vector<Uuid> all;
        for (std::size_t i = 0; i < vectors.count(); ++i) all.push_back(id_of(i));
        for (int round = 0; round < 50; ++round) {
            fill(index, vectors);
            index.remove(all);
        }
        is_done = true;
    });
    while (!is_done) {
        EXPECT_LE(index.rows(), 2 * vectors.count());
        EXPECT_LE(index.bytes(), std::size_t{1} << 20);
    }
    writer.join();
    EXPECT_EQ(index.rows(), 0U);
}

TEST(VectorIndex, RemovesADocumentButForWhatIsKept) {
    const RandomVectors vectors(30, 3, 1);
    VectorIndex index(3);
    fill(index, vectors);   // documents of ten chunks
    index.remove_document(id_of(1), {id_of(12), id_of(25)});
    EXPECT_EQ(index.chunks(), 21U);
    const auto left = numbers(index.search(vectors.row(0), 30));
    EXPECT_TRUE(std::ranges::contains(left, 12U));
    EXPECT_FALSE(std::ranges::contains(left, 13U));
    index.remove_document(id_of(1));
    EXPECT_EQ(index.chunks(), 20U);
}

}  // namespace
}  // namespace agentic::knowledge
