#pragma once
#include <cstddef>
#include <vector>

#include "knowledge/vector_rows.hpp"

namespace agentic::knowledge {

/// Where the rows of each chunk begin: a hash table of row numbers, whose keys stand in the rows (8 bytes a chunk; a node-based map takes 60).
class ChunkRows {
public:
    std::size_t size() const { return size_; }
    std::size_t bytes() const { return slots_.capacity() * sizeof(RowNumber); }

    /// kNoRow when the chunk is unknown.
    RowNumber find(const VectorRows& rows, const Uuid& chunk) const;
    /// The chunk at `row` must be unknown.
    void insert(const VectorRows& rows, RowNumber row);
    void erase(const VectorRows& rows, const Uuid& chunk);

private:
    std::size_t slot_of(const VectorRows& rows, const Uuid& chunk) const;
    void grow(const VectorRows& rows);

    std::vector<RowNumber> slots_;  // a power of two, at most two thirds in use
    std::size_t size_ = 0;
    std::size_t used_ = 0;          // with erased ones
};

}  // namespace agentic::knowledge
