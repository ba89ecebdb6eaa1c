#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "knowledge/vector_index.hpp"

namespace agentic::knowledge {

struct AlignedFree {
    void operator()(void* memory) const;
};
template <class T>
using AlignedArray = std::unique_ptr<T[], AlignedFree>;

/// Zeroed, aligned to a cache line.
template <class T>
AlignedArray<T> aligned_array(std::size_t count);

/// A query in both precisions.
struct QuantizedQuery {
    std::vector<float> exact;          // padded with 0 to the stride
    std::vector<std::int8_t> codes;    // exact / scale, rounded; padded likewise
    float scale = 0;
    float error = 0;                   // length of exact - scale * codes
    std::int32_t correction = 0;       // 128 * sum(codes), see VectorKernels

    void set(std::span<const float> vector, std::size_t stride);
};

/// How much of a row is kept behind its int8 codes: 24 bits in all (as good as the floats), or 16.
enum class Precision : std::uint8_t { fine, fair };

/// Up to `capacity` rows, appended in order. Rows that a reader knows of never change, but for their mark of removal.
/// Row i is scale * (code + rest / 65536) in every dimension; its codes alone are off by a vector of length `errors[i]`.
class VectorBlock {
public:
    VectorBlock(std::size_t dimensions, std::size_t capacity, Precision precision);

    static std::size_t stride_of(std::size_t dimensions) { return (dimensions + 63) / 64 * 64; }

    std::size_t capacity() const { return capacity_; }
    std::size_t bytes() const;

    void set(std::size_t row, const ChunkKey& key, std::span<const float> vector);
    /// Takes row `from` of `other`, of the same dimensions, with its mark of removal.
    void copy(std::size_t row, const VectorBlock& other, std::size_t from);
    void remove(std::size_t row) {
        removed_[row].store(1, std::memory_order_relaxed);
        has_removed_.store(true, std::memory_order_relaxed);
    }

    bool is_removed(std::size_t row) const { return removed_[row].load(std::memory_order_relaxed) != 0; }
    /// False only when no row is removed.
    bool has_removed() const { return has_removed_.load(std::memory_order_relaxed); }
    const ChunkKey& key(std::size_t row) const { return keys_[row]; }
    const std::uint8_t* codes(std::size_t row) const { return codes_.get() + row * stride_; }
    const float* scales() const { return scales_.get(); }
    const float* errors() const { return errors_.get(); }
    /// The product of a row and a query, as exact as the precision: to about 1e-7 (fine) or 1e-5 (fair).
    float score(std::size_t row, const QuantizedQuery& query) const;

private:
    std::size_t stride_, capacity_;
    Precision precision_;
    AlignedArray<std::uint8_t> codes_;
    AlignedArray<std::int16_t> fine_;
    AlignedArray<std::int8_t> fair_;
    AlignedArray<float> scales_, errors_;
    std::unique_ptr<ChunkKey[]> keys_;
    std::unique_ptr<std::atomic<std::uint8_t>[]> removed_;
    std::atomic<bool> has_removed_ = false;
};

}  // namespace agentic::knowledge
