#include "knowledge/fusion.hpp"

#include <algorithm>
#include <tuple>
#include <unordered_map>

namespace agentic::knowledge {
namespace {

struct Bounds {
    double low = 0;
    double high = 0;
};

Bounds bounds_of(std::span<const RankedHit> hits) {
    if (hits.empty()) return {};
    const auto [low, high] = std::ranges::minmax(hits, {}, &RankedHit::score);
    return {low.score, high.score};
}

// What one ranking adds for the hit at `at`, between 0 and 1 before its weight (and less than 1 / 60 for reciprocal ranks).
double share(const RankAndScore& at, const Bounds& bounds, const FusionOptions& options) {
    if (options.method == FusionMethod::reciprocal_rank) return 1 / (options.rank_constant + static_cast<double>(at.rank));
    return bounds.high > bounds.low ? (at.score - bounds.low) / (bounds.high - bounds.low) : 1;
}

std::size_t best_rank(const FusedHit& hit) {
    return std::min(hit.vector ? hit.vector->rank : SIZE_MAX, hit.lexical ? hit.lexical->rank : SIZE_MAX);
}

}  // namespace

std::vector<FusedHit> fuse(std::span<const RankedHit> vector, std::span<const RankedHit> lexical, const FusionOptions& options) {
    std::vector<FusedHit> out;
    std::unordered_map<Uuid, std::size_t> places;
    const auto add = [&](std::span<const RankedHit> hits, std::optional<RankAndScore> FusedHit::* side, double weight) {
        const auto bounds = bounds_of(hits);
        for (std::size_t i = 0; i < hits.size(); ++i) {
            const auto [place, is_new] = places.try_emplace(hits[i].chunk, out.size());
            if (is_new) out.push_back({.chunk = hits[i].chunk});
            auto& hit = out[place->second];
            hit.*side = RankAndScore{i + 1, hits[i].score};
            hit.score += weight * share(*(hit.*side), bounds, options);
        }
    };
    add(vector, &FusedHit::vector, options.vector_weight);
    add(lexical, &FusedHit::lexical, 1 - options.vector_weight);
    std::ranges::sort(out, [](const FusedHit& a, const FusedHit& b) { return std::tuple(-a.score, best_rank(a), a.chunk) < std::tuple(-b.score, best_rank(b), b.chunk); });
    return out;
}

}  // namespace agentic::knowledge
