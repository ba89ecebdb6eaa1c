#include "knowledge/vector_index.hpp"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <utility>

#include "knowledge/chunk_rows.hpp"
#include "knowledge/vector_graph.hpp"
#include "knowledge/vector_search.hpp"

namespace agentic::knowledge {
namespace {

constexpr std::size_t kRemovedMin = 256;  // fewer are not worth a copy of the rest

// What a search works on: it never changes, but for the marks of removed rows.
struct View {
    VectorRows rows;
    std::shared_ptr<const VectorGraph> graph;
    std::size_t windows_max = 1;  // rows of one chunk

    std::size_t flat_rows_max = 0;

    std::size_t linked() const { return graph ? graph->count() : 0; }
    Precision precision() const { return rows.count() < flat_rows_max ? Precision::fine : Precision::fair; }
    void copy_row(const VectorRows& from, std::size_t row) {
        rows.append(precision(), [&](VectorBlock& block, std::size_t place) { block.copy(place, from.block(row), VectorRows::within(row)); });
    }
};

// A copy of the rows that are left, without a graph, since row numbers change. `origins` says where each came from.
View compacted(const View& from, std::vector<RowNumber>& origins) {
    View next{.rows = VectorRows(from.rows.dimensions()), .flat_rows_max = from.flat_rows_max};
    for (std::size_t row = 0; row < from.rows.count(); ++row) {
        if (from.rows.is_removed(row)) continue;
        next.copy_row(from.rows, row);
        origins.push_back(static_cast<RowNumber>(row));
    }
    return next;
}

// Throws for vectors that hold an infinity or no number.
void require_finite(std::span<const float> vector) {
    float lanes[8] = {};  // 0 times anything finite is 0
    std::size_t j = 0;
    for (; j + 8 <= vector.size(); j += 8) {
        for (std::size_t l = 0; l < 8; ++l) lanes[l] += 0 * vector[j + l];
    }
    for (; j < vector.size(); ++j) lanes[0] += 0 * vector[j];
    if (std::ranges::any_of(lanes, [](float lane) { return lane != 0; })) throw std::invalid_argument("a vector holds a number that is not finite");
}

// The share of rows that a filter allows and that are not removed, from a sample.
double allowed_share(const VectorRows& rows, const ChunkFilter& allow) {
    constexpr std::size_t kSample = 256;
    const auto step = std::max<std::size_t>(1, rows.count() / kSample);
    std::size_t looked = 0, allowed = 0;
    for (std::size_t row = 0; row < rows.count(); row += step, ++looked) allowed += !rows.is_removed(row) && allow(rows.key(row));
    return looked == 0 ? 0 : static_cast<double>(allowed) / static_cast<double>(looked);
}

void add_from_graph(const View& view, std::size_t width, const ChunkFilter& allow, SearchScratch& scratch) {
    view.graph->search(view.rows, scratch.query, width, scratch.graph);
    for (const auto& [score, row] : scratch.graph.pool) {
        if (view.rows.is_removed(row) || (allow && !allow(view.rows.key(row)))) continue;
        scratch.candidates.push_back({score + score_error(view.rows.error(row), scratch.query), row});
    }
}

std::vector<VectorHit> search_view(const View& view, std::size_t k, std::size_t width, std::size_t removed, const ChunkFilter& allow, SearchScratch& scratch) {
    constexpr double kScanAdvantage = 60;  // what a row costs in a graph search against a scan, times the neighbours looked at per entry of its pool
    const auto wanted = k * view.windows_max;
    const auto scan_all = [&] {
        scratch.candidates.clear();
        scratch.floor.clear();
        scan(view.rows, 0, view.rows.count(), wanted, allow, scratch);
        return rescore(view.rows, k, scratch);
    };
    if (!view.graph) return scan_all();
    const double share = allow ? allowed_share(view.rows, allow) : 1 - static_cast<double>(removed) / static_cast<double>(view.rows.count());
    const double widened = static_cast<double>(std::max(width, 2 * wanted)) / std::max(share, 1e-6);
    if (widened * kScanAdvantage > static_cast<double>(view.rows.count())) return scan_all();
    scratch.candidates.clear();
    scratch.floor.clear();
    add_from_graph(view, static_cast<std::size_t>(widened), allow, scratch);
    scan(view.rows, view.linked(), view.rows.count(), wanted, allow, scratch);
    auto hits = rescore(view.rows, k, scratch);
    return hits.size() < k ? scan_all() : hits;
}

}  // namespace

struct VectorIndex::State {
    State(std::size_t dimensions, std::size_t flat_rows_max) : view(std::make_shared<View>(View{.rows = VectorRows(dimensions), .flat_rows_max = flat_rows_max})) {}

    std::shared_ptr<const View> current() const {
        const std::lock_guard lock(view_mutex);
        return view;
    }
    void publish(View next) {
        auto made = std::make_shared<const View>(std::move(next));
        const std::lock_guard lock(view_mutex);
        view.swap(made);
    }

    void append(View& next, const ChunkKey& key, std::span<const float> vectors);
    void mark_removed(const View& at, RowNumber first, std::size_t end);
    bool is_worn(const View& at) const { return removed >= kRemovedMin && 10 * removed > 3 * at.rows.count(); }
    void adopt(View next, const std::vector<RowNumber>& origins, std::size_t seen);

    mutable std::mutex view_mutex;  // held for the copy of a pointer only
    std::shared_ptr<const View> view;

    std::mutex write_mutex;         // guards what follows
    ChunkRows chunks;
    std::atomic<std::size_t> removed = 0;      // rows that are still there; read without the lock for an estimate
    std::atomic<std::size_t> chunk_bytes = 0;  // of `chunks`; likewise
    std::uint64_t generation = 0;   // of row numbers

    std::mutex build_mutex;
};

void VectorIndex::State::append(View& next, const ChunkKey& key, std::span<const float> vectors) {
    const auto dimensions = next.rows.dimensions();
    const auto first = static_cast<RowNumber>(next.rows.count());
    for (std::size_t at = 0; at < vectors.size(); at += dimensions) {
        next.rows.append(next.precision(), [&](VectorBlock& block, std::size_t row) { block.set(row, key, vectors.subspan(at, dimensions)); });
    }
    next.windows_max = std::max(next.windows_max, next.rows.count() - first);
    chunks.insert(next.rows, first);
    chunk_bytes = chunks.bytes();
}

// The rows of the chunk at `first`, up to `end`.
void VectorIndex::State::mark_removed(const View& at, RowNumber first, std::size_t end) {
    const auto chunk = at.rows.key(first).chunk;
    for (std::size_t row = first; row < end && at.rows.key(row).chunk == chunk; ++row) {
        if (at.rows.is_removed(row)) continue;
        at.rows.block(row).remove(VectorRows::within(row));
        ++removed;
    }
}

// Makes `next`, a copy without removed rows, current: with what was removed and added since it was taken. Needs the write lock.
void VectorIndex::State::adopt(View next, const std::vector<RowNumber>& origins, std::size_t seen) {
    const auto now = current();
    for (std::size_t row = 0; row < origins.size(); ++row) {
        if (now->rows.is_removed(origins[row])) next.rows.block(row).remove(VectorRows::within(row));
    }
    for (auto row = seen; row < now->rows.count(); ++row) {
        if (!now->rows.is_removed(row)) next.copy_row(now->rows, row);
    }
    next.windows_max = now->windows_max;
    chunks = {};
    removed = 0;
    bool continues = false;  // the row before belongs to the same chunk
    for (std::size_t row = 0; row < next.rows.count(); ++row) {
        const bool is_removed = next.rows.is_removed(row);
        if (!is_removed && !(continues && next.rows.key(row - 1).chunk == next.rows.key(row).chunk)) chunks.insert(next.rows, static_cast<RowNumber>(row));
        continues = !is_removed;
        removed += is_removed;
    }
    chunk_bytes = chunks.bytes();
    ++generation;
    publish(std::move(next));
}

VectorIndex::VectorIndex(std::size_t dimensions, VectorIndexOptions options) : dimensions_(dimensions), options_(options), search_width_(options.search_width), state_(std::make_unique<State>(dimensions, options.flat_rows_max)) {}

VectorIndex::~VectorIndex() = default;

void VectorIndex::add(const ChunkKey& key, std::span<const float> rows) {
    if (rows.empty() || rows.size() % dimensions_ != 0) throw std::invalid_argument("vectors of a chunk do not have the dimensions of their index");
    require_finite(rows);
    const std::lock_guard lock(state_->write_mutex);
    const auto before = state_->current();
    const auto old = state_->chunks.find(before->rows, key.chunk);
    if (old != kNoRow) state_->chunks.erase(before->rows, key.chunk);
    View next = *before;
    state_->append(next, key, rows);
    if (old != kNoRow) state_->mark_removed(next, old, before->rows.count());
    state_->publish(std::move(next));
}

void VectorIndex::remove(std::span<const Uuid> chunks) {
    const std::lock_guard lock(state_->write_mutex);
    const auto view = state_->current();
    for (const auto& chunk : chunks) {
        const auto first = state_->chunks.find(view->rows, chunk);
        if (first == kNoRow) continue;
        state_->mark_removed(*view, first, view->rows.count());
        state_->chunks.erase(view->rows, chunk);
    }
    if (view->graph || !state_->is_worn(*view)) return;
    std::vector<RowNumber> origins;
    auto next = compacted(*view, origins);
    state_->adopt(std::move(next), origins, view->rows.count());
}

void VectorIndex::remove_document(const Uuid& document, const std::unordered_set<Uuid>& keep) {
    std::vector<Uuid> found;
    const auto view = state_->current();
    for (std::size_t row = 0; row < view->rows.count(); ++row) {
        const auto& key = view->rows.key(row);
        if (key.document != document || view->rows.is_removed(row) || keep.contains(key.chunk)) continue;
        if (found.empty() || found.back() != key.chunk) found.push_back(key.chunk);
    }
    remove(found);
}

void VectorIndex::clear() {
    const std::lock_guard lock(state_->write_mutex);
    state_->chunks = {};
    state_->chunk_bytes = 0;
    state_->removed = 0;
    ++state_->generation;
    state_->publish({.rows = VectorRows(dimensions_), .flat_rows_max = options_.flat_rows_max});
}

std::vector<VectorHit> VectorIndex::search(std::span<const float> query, std::size_t k, const ChunkFilter& allow) const {
    if (query.size() != dimensions_) throw std::invalid_argument("a query does not have the dimensions of its index");
    require_finite(query);
    const auto view = state_->current();
    k = std::min(k, view->rows.count());
    if (k == 0) return {};
    static thread_local SearchScratch scratch;
    scratch.query.set(query, view->rows.stride());
    return search_view(*view, k, search_width_, state_->removed, allow, scratch);
}

std::size_t VectorIndex::chunks() const {
    const std::lock_guard lock(state_->write_mutex);
    return state_->chunks.size();
}

// The view and the number of removed rows may be of two moments.
std::size_t VectorIndex::rows() const {
    const auto count = state_->current()->rows.count();
    return count - std::min(count, state_->removed.load());
}

std::size_t VectorIndex::bytes() const {
    const auto view = state_->current();
    return view->rows.bytes() + (view->graph ? view->graph->bytes() : 0) + state_->chunk_bytes;
}

bool VectorIndex::needs_build() const {
    const auto view = state_->current();
    const auto count = view->rows.count();
    if (state_->is_worn(*view)) return true;
    const auto unlinked = count - view->linked();
    return count > options_.flat_rows_max && unlinked > std::max(options_.flat_rows_max / 4, view->linked() / 8);
}

void VectorIndex::build(const std::atomic<bool>& stop) {
    const std::lock_guard building(state_->build_mutex);
    std::unique_lock lock(state_->write_mutex);
    const auto view = state_->current();
    const auto generation = state_->generation;
    const bool is_worn = state_->is_worn(*view);
    lock.unlock();
    std::vector<RowNumber> origins;
    View next = is_worn ? compacted(*view, origins) : *view;
    if (next.rows.count() > options_.flat_rows_max) {
        auto graph = next.graph ? std::make_shared<VectorGraph>(*next.graph) : std::make_shared<VectorGraph>(options_.links);
        if (!graph->insert(next.rows, options_.build_width, stop)) return;
        next.graph = std::move(graph);
    }
    lock.lock();
    if (state_->generation != generation) return;  // cleared meanwhile
    if (is_worn) return state_->adopt(std::move(next), origins, view->rows.count());
    View now = *state_->current();
    now.graph = std::move(next.graph);
    state_->publish(std::move(now));
}

}  // namespace agentic::knowledge
