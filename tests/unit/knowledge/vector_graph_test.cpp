#include <gtest/gtest.h>

#include <algorithm>
#include <thread>

#include "knowledge/vector_index.hpp"
#include "vectors.hpp"

namespace agentic::knowledge {
namespace {

using namespace test;

constexpr std::size_t kDimensions = 64;
constexpr VectorIndexOptions kOptions{.flat_rows_max = 500, .links = 8, .build_width = 40, .search_width = 24};
const std::atomic<bool> kGoOn = false;

// `flat` holds the same chunks and searches exactly.
struct Pair {
    VectorIndex graph{kDimensions, kOptions};
    VectorIndex flat{kDimensions};

    void add(const RandomVectors& vectors, std::size_t begin, std::size_t end) {
        for (auto i = begin; i < end; ++i) {
            graph.add({id_of(i), id_of(i / 10)}, vectors.row(i));
            flat.add({id_of(i), id_of(i / 10)}, vectors.row(i));
        }
    }
    void remove(std::size_t begin, std::size_t end) {
        std::vector<Uuid> gone;
        for (auto i = begin; i < end; ++i) gone.push_back(id_of(i));
        graph.remove(gone);
        flat.remove(gone);
    }
    double recall(const RandomVectors& queries, const ChunkFilter& allow = {}) const {
        std::size_t found = 0, wanted = 0;
        for (std::size_t q = 0; q < queries.count(); ++q) {
            const auto exact = flat.search(queries.row(q), 10, allow);
            const auto got = graph.search(queries.row(q), 10, allow);
            EXPECT_EQ(got.size(), exact.size());
            wanted += exact.size();
            for (const auto& hit : got) found += std::ranges::contains(exact, hit.key, &VectorHit::key);
        }
        return static_cast<double>(found) / static_cast<double>(wanted);
    }
};

TEST(VectorGraph, FindsAlmostEverythingAndKeepsUpWithChanges) {
    const RandomVectors vectors(6'000, kDimensions, 1), queries(50, kDimensions, 1);
    Pair pair;
    pair.add(vectors, 0, 4'000);
    EXPECT_TRUE(pair.graph.needs_build());
    EXPECT_EQ(pair.recall(queries), 1);  // before a build all is scanned
    pair.graph.build(kGoOn);
    EXPECT_FALSE(pair.graph.needs_build());
    const double built = pair.recall(queries);
    EXPECT_GE(built, 0.95);
    EXPECT_LT(built, 1);  // the control: it is the graph that answers
    pair.add(vectors, 4'000, 6'000);
    EXPECT_GE(pair.recall(queries), 0.95);
    EXPECT_TRUE(pair.graph.needs_build());
    pair.graph.build(kGoOn);
    EXPECT_GE(pair.recall(queries), 0.95);
    pair.remove(1'000, 2'500);
    EXPECT_GE(pair.recall(queries), 0.95);
    pair.remove(2'500, 3'500);
    EXPECT_TRUE(pair.graph.needs_build());
    const auto worn = pair.graph.bytes();
    pair.graph.build(kGoOn);
    EXPECT_LT(pair.graph.bytes(), worn * 3 / 4);
    EXPECT_GE(pair.recall(queries), 0.95);
    EXPECT_EQ(pair.graph.chunks(), pair.flat.chunks());
    pair.remove(0, 5'800);
    pair.graph.build(kGoOn);
    EXPECT_EQ(pair.recall(queries), 1);  // small again: exact
}

TEST(VectorGraph, AFilterCostsNoResults) {
    const RandomVectors vectors(5'000, kDimensions, 2), queries(20, kDimensions, 2);
    Pair pair;
    pair.add(vectors, 0, 5'000);
    pair.graph.build(kGoOn);
    for (const std::uint64_t one_in : {2U, 3U, 20U, 1'000U}) {
        EXPECT_GE(pair.recall(queries, [&](const ChunkKey& key) { return number_of(key.chunk) % one_in == 0; }), 0.95) << one_in;
    }
    EXPECT_TRUE(pair.graph.search(queries.row(0), 10, [](const ChunkKey&) { return false; }).empty());
}

TEST(VectorGraph, AStoppedBuildChangesNothing) {
    const RandomVectors vectors(1'000, kDimensions, 3);
    Pair pair;
    pair.add(vectors, 0, 1'000);
    const auto before = pair.graph.bytes();
    const std::atomic<bool> stop = true;
    pair.graph.build(stop);
    EXPECT_EQ(pair.graph.bytes(), before);
    EXPECT_TRUE(pair.graph.needs_build());
}

TEST(VectorGraph, ABuildCanBeRepeated) {
    const RandomVectors vectors(1'500, kDimensions, 4), queries(20, kDimensions, 4);
    Pair one, other;
    one.add(vectors, 0, 1'500);
    other.add(vectors, 0, 1'500);
    one.graph.build(kGoOn);
    other.graph.build(kGoOn);
    for (std::size_t q = 0; q < queries.count(); ++q) {
        const auto a = one.graph.search(queries.row(q), 10), b = other.graph.search(queries.row(q), 10);
        EXPECT_TRUE(std::ranges::equal(a, b, {}, &VectorHit::key, &VectorHit::key));
    }
}

// Searches, writers and builds at once: what is removed for good is never found, what stays is always found.
TEST(VectorGraph, SearchesGoOnDuringChanges) {
    const RandomVectors vectors(3'000, kDimensions, 5);
    VectorIndex index(kDimensions, kOptions);
    for (std::size_t i = 0; i < 1'000; ++i) index.add({id_of(i), id_of(i)}, vectors.row(i));
    std::vector<Uuid> gone;
    for (std::size_t i = 0; i < 1'000; i += 2) gone.push_back(id_of(i));
    index.remove(gone);
    std::atomic<bool> done = false;
    std::atomic<std::size_t> ghosts = 0, missing = 0, searches = 0;
    {
        std::jthread reader([&] {
            for (std::size_t i = 1; !done; i = (i + 2) % 1'000 | 1) {
                const auto hits = index.search(vectors.row(i), 5);
                ++searches;
                missing += hits.empty() || number_of(hits[0].key.chunk) != i;
                for (const auto& hit : hits) ghosts += number_of(hit.key.chunk) < 1'000 && number_of(hit.key.chunk) % 2 == 0;
            }
        });
        std::jthread builder([&] {
            while (!done) index.build(kGoOn);
        });
        for (std::size_t i = 1'000; i < 3'000; ++i) {
            index.add({id_of(i), id_of(i)}, vectors.row(i));
            if (i % 3 == 0) index.remove(std::vector{id_of(i - 1)});
        }
        done = true;
    }
    EXPECT_GT(searches, 0U);
    EXPECT_EQ(ghosts, 0U);
    EXPECT_LE(missing, searches / 50);  // a graph may miss; nothing else may
    EXPECT_EQ(index.chunks(), 500U + 2'000 - 666);
}

}  // namespace
}  // namespace agentic::knowledge
