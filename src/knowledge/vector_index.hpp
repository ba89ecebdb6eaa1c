#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_set>
#include <vector>

#include "core/uuid.hpp"

namespace agentic::knowledge {

struct ChunkKey {
    Uuid chunk;
    Uuid document;

    bool operator==(const ChunkKey&) const = default;
};

/// `score` is the cosine (of the chunk's best window), since all vectors have length 1.
struct VectorHit {
    ChunkKey key;
    float score = 0;
};

/// Whether a chunk may be among the results; called from the searching thread, must not call the index.
using ChunkFilter = std::function<bool(const ChunkKey&)>;

struct VectorIndexOptions {
    std::size_t flat_rows_max = 50'000;  // up to here every search is exact
    std::size_t links = 16;              // M of HNSW; twice as many on the lowest level
    std::size_t build_width = 128;       // efConstruction
    std::size_t search_width = 128;      // ef: recall@10 .995 on the benchmark's data; wider when k or a filter asks for it
};

/// The vectors of one collection in memory. Up to `flat_rows_max` rows a search is exact: an int8 scan whose error bound decides which rows are scored again in
/// full precision. Above, an HNSW graph over the int8 rows answers for what build() has linked, and the scan for the rest.
/// All calls are thread-safe. Searches, and questions of size, never wait for a writer; writers take turns. What remove() has removed when it returns is in no
/// search that starts afterwards.
class VectorIndex {
public:
    explicit VectorIndex(std::size_t dimensions, VectorIndexOptions options = {});
    ~VectorIndex();
    VectorIndex(const VectorIndex&) = delete;
    VectorIndex& operator=(const VectorIndex&) = delete;

    /// Adds a chunk with one row per window (`rows` holds n * dimensions floats of length 1 each, n >= 1); a chunk that is there already is replaced.
    void add(const ChunkKey& key, std::span<const float> rows);
    /// Unknown ids are fine.
    void remove(std::span<const Uuid> chunks);
    /// All chunks of the document but those in `keep`.
    void remove_document(const Uuid& document, const std::unordered_set<Uuid>& keep = {});
    void clear();

    /// The `k` best chunks, best first; fewer when there are fewer that the filter allows. `query` has `dimensions` floats and length 1.
    std::vector<VectorHit> search(std::span<const float> query, std::size_t k, const ChunkFilter& allow = {}) const;

    /// For searches that start afterwards: wider finds more and takes longer.
    void set_search_width(std::size_t width) { search_width_ = width; }

    std::size_t dimensions() const { return dimensions_; }
    std::size_t chunks() const;   // waits for writers
    std::size_t rows() const;
    /// Memory held, in bytes. Both are estimates while somebody writes.
    std::size_t bytes() const;

    /// True when enough rows are unlinked, or removed but still there, for build() to pay.
    bool needs_build() const;
    /// Links rows into the graph and drops removed ones. Takes long (0.1 to 0.3 ms of CPU per row) and belongs on a pool; searches and writers go on meanwhile.
    /// One at a time; `stop` is looked at often, and leaves the index as it was.
    void build(const std::atomic<bool>& stop);

private:
    struct State;
    std::size_t dimensions_;
    VectorIndexOptions options_;
    std::atomic<std::size_t> search_width_;
    std::unique_ptr<State> state_;
};

}  // namespace agentic::knowledge
