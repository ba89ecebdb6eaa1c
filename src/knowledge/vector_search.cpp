#include "knowledge/vector_search.hpp"

#include <algorithm>
#include <functional>

#include "knowledge/vector_kernels.hpp"

namespace agentic::knowledge {
namespace {

constexpr std::size_t kStrip = 256;  // rows whose products are kept at a time
constexpr std::size_t kGroup = 32;   // rows that are passed over together
constexpr float kRounding = 2e-6F;   // of the arithmetic in single precision, generously

// The score that the `rows_wanted` best rows seen so far are known to reach.
class Floor {
public:
    Floor(std::vector<float>& heap, std::size_t size) : heap_(heap), size_(size) {}

    float value() const { return heap_.size() < size_ ? -2 : heap_.front(); }

    void offer(float lower) {
        if (heap_.size() == size_) {
            if (lower <= heap_.front()) return;
            std::ranges::pop_heap(heap_, std::greater<>());
            heap_.back() = lower;
        } else {
            heap_.push_back(lower);
        }
        std::ranges::push_heap(heap_, std::greater<>());
    }

private:
    std::vector<float>& heap_;
    std::size_t size_;
};

// What the rows of a strip can score at most. In the form that compilers vectorise.
void upper_bounds(const std::int32_t* products, const float* scales, const float* errors, std::size_t count, const QuantizedQuery& query, float* out) {
    const auto correction = query.correction;
    const float scale = query.scale, factor = 1 + query.error, rest = query.error + kRounding;
    for (std::size_t i = 0; i < count; ++i) out[i] = scale * scales[i] * static_cast<float>(products[i] - correction) + errors[i] * factor + rest;
}

bool any_reaches(const float* uppers, std::size_t count, float floor) {
    int reaching = 0;
    for (std::size_t i = 0; i < count; ++i) reaching += uppers[i] >= floor;
    return reaching > 0;
}

}  // namespace

float score_error(float row_error, const QuantizedQuery& query) { return row_error * (1 + query.error) + query.error + kRounding; }

void scan(const VectorRows& rows, std::size_t begin, std::size_t end, std::size_t rows_wanted, const ChunkFilter& allow, SearchScratch& scratch) {
    auto& [query, graph, candidates, heap] = scratch;
    Floor floor(heap, rows_wanted);
    alignas(64) std::int32_t products[kStrip];
    alignas(64) float uppers[kStrip];
    const auto dot_rows = vector_kernels().dot_rows;
    for (auto at = begin; at < end;) {
        const auto& block = rows.block(at);
        const auto first = VectorRows::within(at);
        const auto count = std::min({kStrip, end - at, VectorRows::kBlockRows - first});
        const auto* errors = block.errors() + first;
        dot_rows(block.codes(first), rows.stride(), count, query.codes.data(), products);
        upper_bounds(products, block.scales() + first, errors, count, query, uppers);
        for (std::size_t group = 0; group < count; group += kGroup) {
            const auto group_end = std::min(count, group + kGroup);
            if (!any_reaches(uppers + group, group_end - group, floor.value())) continue;
            for (auto i = group; i < group_end; ++i) {
                if (uppers[i] < floor.value() || block.is_removed(first + i) || (allow && !allow(block.key(first + i)))) continue;
                floor.offer(uppers[i] - 2 * score_error(errors[i], query));
                candidates.push_back({uppers[i], static_cast<RowNumber>(at + i)});
            }
        }
        at += count;
    }
    std::erase_if(candidates, [least = floor.value()](const CandidateRow& candidate) { return candidate.upper < least; });
}

std::vector<VectorHit> rescore(const VectorRows& rows, std::size_t k, SearchScratch& scratch) {
    std::ranges::sort(scratch.candidates, std::greater<>(), &CandidateRow::upper);
    std::vector<VectorHit> best;
    best.reserve(k + 1);
    for (const auto& [upper, row] : scratch.candidates) {
        if (best.size() == k && upper < best.back().score) break;
        const VectorHit hit{rows.key(row), rows.score(row, scratch.query)};
        if (best.size() == k && hit.score <= best.back().score) continue;
        const auto same = std::ranges::find(best, hit.key.chunk, [](const VectorHit& other) { return other.key.chunk; });
        if (same != best.end()) {
            if (same->score >= hit.score) continue;
            best.erase(same);
        } else if (best.size() == k) {
            best.pop_back();
        }
        best.insert(std::ranges::upper_bound(best, hit.score, std::greater<>(), &VectorHit::score), hit);
    }
    return best;
}

}  // namespace agentic::knowledge
