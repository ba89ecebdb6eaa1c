#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/uuid.hpp"

namespace agentic::knowledge {

/// A hit of one ranking; a higher score is better whatever its scale (negate SQLite's bm25()).
struct RankedHit {
    Uuid chunk;
    double score = 0;
};

enum class FusionMethod : std::uint8_t {
    reciprocal_rank,  // sum of weight / (rank_constant + rank), ranks from 1 (Cormack, Clarke, Buettcher 2009)
    min_max,          // sum of weight * (score - min) / (max - min) over each list; what a list lacks counts as its minimum
};

struct FusionOptions {
    FusionMethod method = FusionMethod::min_max;
    double vector_weight = 0.5;  // the lexical ranking has the rest of 1
    double rank_constant = 60;
};

/// Where a hit stood in one ranking: what `explain` shows.
struct RankAndScore {
    std::size_t rank = 0;  // from 1
    double score = 0;      // as that ranking gave it
};

struct FusedHit {
    Uuid chunk;
    double score = 0;
    std::optional<RankAndScore> vector;
    std::optional<RankAndScore> lexical;
};

/// One ranking out of two, best first; equal scores stand in the order of their better rank, then of their ids. Both inputs are best first and without repeats.
/// A weight of 1 or 0 still ranks what only the other list has, behind everything else.
std::vector<FusedHit> fuse(std::span<const RankedHit> vector, std::span<const RankedHit> lexical, const FusionOptions& options);

}  // namespace agentic::knowledge
