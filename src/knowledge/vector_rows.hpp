#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "knowledge/vector_block.hpp"

namespace agentic::knowledge {

using RowNumber = std::uint32_t;
inline constexpr RowNumber kNoRow = UINT32_MAX;

/// The rows [0, count) of an index, in blocks; cheap to copy, and what one reader sees for as long as it keeps it.
class VectorRows {
public:
    static constexpr std::size_t kShift = 14;
    static constexpr std::size_t kBlockRows = std::size_t{1} << kShift;

    VectorRows() = default;
    explicit VectorRows(std::size_t dimensions) : dimensions_(dimensions), stride_(VectorBlock::stride_of(dimensions)) {}

    /// Appends a row; blocks grow by doubling up to kBlockRows. Readers of earlier copies keep what they saw.
    template <class Write>
    RowNumber append(Precision precision, Write&& write) {
        make_room(precision);
        write(*blocks_.back(), count_ & (kBlockRows - 1));
        return static_cast<RowNumber>(count_++);
    }

    std::size_t count() const { return count_; }
    std::size_t dimensions() const { return dimensions_; }
    std::size_t stride() const { return stride_; }
    std::size_t bytes() const;

    VectorBlock& block(std::size_t row) const { return *blocks_[row >> kShift]; }
    static std::size_t within(std::size_t row) { return row & (kBlockRows - 1); }

    const std::uint8_t* codes(std::size_t row) const { return places_[row >> kShift].codes + within(row) * stride_; }
    float scale(std::size_t row) const { return places_[row >> kShift].scales[within(row)]; }
    float error(std::size_t row) const { return block(row).errors()[within(row)]; }
    bool is_removed(std::size_t row) const { return block(row).is_removed(within(row)); }
    const ChunkKey& key(std::size_t row) const { return block(row).key(within(row)); }
    float score(std::size_t row, const QuantizedQuery& query) const { return block(row).score(within(row), query); }

private:
    void make_room(Precision precision);

    struct Place {  // what graph search needs, one step nearer
        const std::uint8_t* codes = nullptr;
        const float* scales = nullptr;
    };
    std::size_t dimensions_ = 0, stride_ = 0, count_ = 0;
    std::vector<std::shared_ptr<VectorBlock>> blocks_;
    std::vector<Place> places_;
};

}  // namespace agentic::knowledge
