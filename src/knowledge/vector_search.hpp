#pragma once
#include <cstddef>
#include <vector>

#include "knowledge/vector_graph.hpp"
#include "knowledge/vector_index.hpp"
#include "knowledge/vector_rows.hpp"

namespace agentic::knowledge {

/// A row that may be among the best, and the most it can score.
struct CandidateRow {
    float upper = 0;
    RowNumber row = 0;
};

/// Memory that searches of one thread share.
struct SearchScratch {
    QuantizedQuery query;
    GraphScratch graph;
    std::vector<CandidateRow> candidates;
    std::vector<float> floor;  // a min-heap: the best lower bounds seen
};

/// The most a row's codes can be wrong by against a query, by the triangle inequality: |q·v - q'·v'| <= |q| |v - v'| + |q - q'| |v'|.
float score_error(float row_error, const QuantizedQuery& query);

/// Adds to `scratch.candidates` every row of [begin, end) that can be among the `rows_wanted` best that are allowed and not removed.
void scan(const VectorRows& rows, std::size_t begin, std::size_t end, std::size_t rows_wanted, const ChunkFilter& allow, SearchScratch& scratch);

/// The `k` best chunks among the candidates, scored in full precision, best first.
std::vector<VectorHit> rescore(const VectorRows& rows, std::size_t k, SearchScratch& scratch);

}  // namespace agentic::knowledge
