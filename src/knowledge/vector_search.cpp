#include "knowledge/vector_search.hpp"

#include <algorithm>
#include <functional>

#include "knowledge/vector_kernels.hpp"

namespace agentic::knowledge {
namespace {

constexpr std::size_t kStrip = 1024;  // rows whose products are kept at a time
constexpr std::size_t kGroup = VectorKernels::kGroup;  // rows that are passed over together
constexpr float kRounding = 2e-6F;    // of the arithmetic in single precision, generously

constexpr float kNoScore = -4;        // below any product of vectors of length 1

// The score that the `rows_wanted` best rows seen so far are known to reach.
class Floor {
public:
    Floor(std::vector<float>& heap, std::size_t size) : heap_(heap), size_(size) {}

    float value() const { return heap_.size() < size_ ? kNoScore : heap_.front(); }

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

// A strip of rows: what each can score at most, and for each group the most that one of its rows scores at least.
struct Strip {
    alignas(64) std::int32_t products[kStrip];
    alignas(64) float uppers[kStrip];
    float peaks[kStrip / kGroup];
    std::size_t count = 0;

    std::size_t groups() const { return (count + kGroup - 1) / kGroup; }
};

bool any_reaches(const float* uppers, std::size_t count, float floor) {
    int reaching = 0;
    for (std::size_t i = 0; i < count; ++i) reaching += uppers[i] >= floor;
    return reaching > 0;
}

// Collects the candidates of a strip. `by_group`: every row counts, and the floor has been raised by the groups' peaks; false when a removed row turned up after all.
bool collect(const Strip& strip, const VectorRows& rows, std::size_t at, bool by_group, const ChunkFilter& allow, Floor& floor, SearchScratch& scratch) {
    const auto& block = rows.block(at);
    const auto within = VectorRows::within(at);
    for (std::size_t first = 0; first < strip.count; first += kGroup) {
        const auto end = std::min(strip.count, first + kGroup);
        if (!any_reaches(strip.uppers + first, end - first, floor.value())) continue;
        for (auto i = first; i < end; ++i) {
            if (strip.uppers[i] < floor.value()) continue;
            if (block.is_removed(within + i)) {
                if (by_group) return false;
                continue;
            }
            if (allow && !allow(block.key(within + i))) continue;
            if (!by_group) floor.offer(strip.uppers[i] - 2 * score_error(block.errors()[within + i], scratch.query));
            scratch.candidates.push_back({strip.uppers[i], static_cast<RowNumber>(at + i)});
        }
    }
    return true;
}

// False when a row was removed meanwhile that had raised the floor.
bool scan_strips(const VectorRows& rows, std::size_t begin, std::size_t end, Floor& floor, bool may_group, const ChunkFilter& allow, SearchScratch& scratch) {
    Strip strip;
    const auto& kernels = vector_kernels();
    const auto& query = scratch.query;
    const ScoreBounds bounds{query.scale, query.correction, 1 + query.error, query.error + kRounding};
    for (auto at = begin; at < end; at += strip.count) {
        const auto& block = rows.block(at);
        const auto first = VectorRows::within(at);
        strip.count = std::min({kStrip, end - at, VectorRows::kBlockRows - first});
        const bool by_group = may_group && !allow && !block.has_removed();
        kernels.dot_rows(block.codes(first), rows.stride(), strip.count, query.codes.data(), strip.products);
        kernels.bound_rows(strip.products, block.scales() + first, block.errors() + first, strip.count, bounds, strip.uppers, strip.peaks);
        if (by_group) {
            for (std::size_t group = 0; group < strip.groups(); ++group) floor.offer(strip.peaks[group]);
        }
        if (!collect(strip, rows, at, by_group, allow, floor, scratch)) return false;
    }
    return true;
}

}  // namespace

float score_error(float row_error, const QuantizedQuery& query) { return row_error * (1 + query.error) + query.error + kRounding; }

void scan(const VectorRows& rows, std::size_t begin, std::size_t end, std::size_t rows_wanted, const ChunkFilter& allow, SearchScratch& scratch) {
    const auto before = scratch.candidates.size();
    Floor floor(scratch.floor, rows_wanted);
    if (!scan_strips(rows, begin, end, floor, true, allow, scratch)) {
        scratch.candidates.resize(before);
        scratch.floor.clear();
        scan_strips(rows, begin, end, floor, false, allow, scratch);
    }
    std::erase_if(scratch.candidates, [least = floor.value()](const CandidateRow& candidate) { return candidate.upper < least; });
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
