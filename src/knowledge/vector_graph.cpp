#include "knowledge/vector_graph.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "knowledge/vector_kernels.hpp"

namespace agentic::knowledge {
namespace {

constexpr RowNumber kExpanded = RowNumber{1} << 31;  // marks pool entries whose neighbours have been looked at
constexpr std::size_t kCacheLine = 64;

void prefetch(const void* at, std::size_t bytes) {
    for (std::size_t offset = 0; offset < bytes; offset += kCacheLine) __builtin_prefetch(static_cast<const char*>(at) + offset);
}

float similarity(const VectorRows& rows, const QuantizedQuery& query, RowNumber row) {
    const auto product = vector_kernels().dot_row(rows.codes(row), rows.stride(), query.codes.data()) - query.correction;
    return query.scale * rows.scale(row) * static_cast<float>(product);
}

// A row as a query: its codes are signed bytes again.
void load_row(QuantizedQuery& query, const VectorRows& rows, RowNumber row) {
    query.codes.resize(rows.stride());
    std::transform(rows.codes(row), rows.codes(row) + rows.stride(), query.codes.begin(), [](std::uint8_t code) { return static_cast<std::int8_t>(code - 128); });
    query.scale = rows.scale(row);
    query.correction = 128 * std::accumulate(query.codes.begin(), query.codes.end(), 0);
}

// The level of a row: 0 for most, each further one `links` times rarer. From the row's number, so that a build can be repeated.
std::size_t level_of(RowNumber row, std::size_t links) {
    std::uint64_t z = row + 0x9E3779B97F4A7C15ULL;  // splitmix64
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ z >> 27) * 0x94D049BB133111EBULL;
    z ^= z >> 31;
    const double uniform = (static_cast<double>(z >> 11) + 1) / 9007199254740993.0;
    return std::min<std::size_t>(static_cast<std::size_t>(-std::log(uniform) / std::log(static_cast<double>(links))), 12);
}

// Malkov and Yashunin's heuristic: a candidate (best first) is linked unless it is nearer to one that is linked already.
void select(const VectorRows& rows, std::span<const NearRow> candidates, std::size_t count_max, std::vector<NearRow>& selected) {
    static thread_local QuantizedQuery query;
    selected.clear();
    for (const auto& candidate : candidates) {
        if (selected.size() == count_max) break;
        load_row(query, rows, candidate.row);
        const bool is_covered = std::ranges::any_of(selected, [&](const NearRow& other) { return similarity(rows, query, other.row) > candidate.score; });
        if (!is_covered) selected.push_back(candidate);
    }
}

// Puts `entry` into the pool, which stays sorted and no longer than `width`; returns its place, or the pool's size when it is no better than the rest.
std::size_t offer(std::vector<NearRow>& pool, std::size_t width, NearRow entry) {
    if (pool.size() == width) {
        if (entry.score <= pool.back().score) return width;
        pool.pop_back();
    }
    const auto place = std::ranges::upper_bound(pool, entry.score, std::greater<>(), &NearRow::score);
    return static_cast<std::size_t>(pool.insert(place, entry) - pool.begin());
}

}  // namespace

std::span<const RowNumber> VectorGraph::neighbours(RowNumber row, std::size_t level) const {
    const auto* begin = level == 0 ? ground_.data() + std::size_t{row} * links_at(0) : upper_.data() + upper_at_[row] + (level - 1) * links_;
    return {begin, links_at(level)};
}

std::span<RowNumber> VectorGraph::neighbours(RowNumber row, std::size_t level) {
    const auto found = std::as_const(*this).neighbours(row, level);
    return {const_cast<RowNumber*>(found.data()), found.size()};
}

// The nearest row that greedy steps reach from the top down to `level`, exclusive.
RowNumber VectorGraph::descend(const VectorRows& rows, const QuantizedQuery& query, std::size_t level) const {
    auto at = entry_;
    auto score = similarity(rows, query, at);
    for (auto l = top_level_; l > level; --l) {
        for (bool moved = true; moved;) {
            moved = false;
            for (const auto next : neighbours(at, l)) {
                if (next == kNoRow) break;
                if (const auto next_score = similarity(rows, query, next); next_score > score) {
                    score = next_score;
                    at = next;
                    moved = true;
                }
            }
        }
    }
    return at;
}

void VectorGraph::search_level(const VectorRows& rows, const QuantizedQuery& query, RowNumber from, std::size_t level, std::size_t width, GraphScratch& scratch) const {
    auto& [seen, search, pool, fresh] = scratch;
    if (seen.size() < rows.count()) seen.resize(rows.count());
    if (++search == 0) {
        std::ranges::fill(seen, 0);
        search = 1;
    }
    pool.clear();
    pool.push_back({similarity(rows, query, from), from});
    seen[from] = search;
    for (std::size_t next = 0; next < pool.size();) {
        const auto row = pool[next].row;
        if (row & kExpanded) {
            ++next;
            continue;
        }
        pool[next].row |= kExpanded;
        fresh.clear();
        for (const auto neighbour : neighbours(row, level)) {
            if (neighbour == kNoRow) break;
            if (seen[neighbour] == search) continue;
            seen[neighbour] = search;
            prefetch(rows.codes(neighbour), rows.stride());
            fresh.push_back(neighbour);
        }
        if (next + 1 < pool.size() && level == 0) prefetch(neighbours(pool[next + 1].row & ~kExpanded, 0).data(), links_at(0) * sizeof(RowNumber));
        auto first = next + 1;
        for (const auto neighbour : fresh) first = std::min(first, offer(pool, width, {similarity(rows, query, neighbour), neighbour}));
        next = first;
    }
    for (auto& entry : pool) entry.row &= ~kExpanded;
}

void VectorGraph::search(const VectorRows& rows, const QuantizedQuery& query, std::size_t width, GraphScratch& scratch) const {
    scratch.pool.clear();
    if (entry_ == kNoRow) return;
    search_level(rows, query, descend(rows, query, 0), 0, width, scratch);
}

void VectorGraph::make_space(std::size_t count) {
    const auto resize = [](auto& list, std::size_t size, auto value) {
        list.reserve(size);  // exactly: growing by itself would double it
        list.resize(size, value);
    };
    resize(ground_, count * links_at(0), kNoRow);
    resize(upper_at_, count, 0U);
    auto upper = upper_.size();
    for (auto row = count_; row < count; ++row) {
        upper_at_[row] = static_cast<std::uint32_t>(upper);
        upper += level_of(static_cast<RowNumber>(row), links_) * links_;
    }
    resize(upper_, upper, kNoRow);
}

bool VectorGraph::insert(const VectorRows& rows, std::size_t build_width, const std::atomic<bool>& stop) {
    GraphScratch scratch;
    make_space(rows.count());
    for (; count_ < rows.count(); ++count_) {
        if (stop.load(std::memory_order_relaxed)) return false;
        insert_row(rows, static_cast<RowNumber>(count_), build_width, scratch);
    }
    return true;
}

void VectorGraph::insert_row(const VectorRows& rows, RowNumber row, std::size_t build_width, GraphScratch& scratch) {
    const auto top = level_of(row, links_);
    if (entry_ == kNoRow) {
        entry_ = row;
        top_level_ = top;
        return;
    }
    static thread_local QuantizedQuery query;
    static thread_local std::vector<NearRow> selected;
    load_row(query, rows, row);
    auto from = descend(rows, query, std::min(top, top_level_));
    for (auto level = std::min(top, top_level_) + 1; level-- > 0;) {
        search_level(rows, query, from, level, build_width, scratch);
        select(rows, scratch.pool, links_, selected);
        from = scratch.pool.front().row;
        const auto own = neighbours(row, level);
        for (std::size_t i = 0; i < selected.size(); ++i) own[i] = selected[i].row;
        const auto chosen = selected;  // link_back selects too
        for (const auto& [score, other] : chosen) link_back(rows, other, row, score, level);
    }
    if (top > top_level_) {
        entry_ = row;
        top_level_ = top;
    }
}

// Links `from` to `to`; a full list is chosen anew.
void VectorGraph::link_back(const VectorRows& rows, RowNumber from, RowNumber to, float score, std::size_t level) {
    const auto list = neighbours(from, level);
    if (const auto free = std::ranges::find(list, kNoRow); free != list.end()) {
        *free = to;
        return;
    }
    static thread_local QuantizedQuery query;
    static thread_local std::vector<NearRow> candidates, selected;
    load_row(query, rows, from);
    candidates.assign(1, {score, to});
    for (const auto other : list) candidates.push_back({similarity(rows, query, other), other});
    std::ranges::sort(candidates, std::greater<>(), &NearRow::score);
    select(rows, candidates, list.size(), selected);
    std::ranges::fill(list, kNoRow);
    for (std::size_t i = 0; i < selected.size(); ++i) list[i] = selected[i].row;
}

std::size_t VectorGraph::bytes() const { return (ground_.capacity() + upper_.capacity()) * sizeof(RowNumber) + upper_at_.capacity() * sizeof(std::uint32_t); }

}  // namespace agentic::knowledge
