#include "knowledge/chunk_rows.hpp"

#include <algorithm>
#include <bit>
#include <functional>
#include <utility>

namespace agentic::knowledge {
namespace {

constexpr RowNumber kErased = kNoRow - 1;

}  // namespace

// The slot of the chunk, or the free one where the search for it ends.
std::size_t ChunkRows::slot_of(const VectorRows& rows, const Uuid& chunk) const {
    const auto mask = slots_.size() - 1;
    auto slot = std::hash<Uuid>()(chunk) & mask;
    while (slots_[slot] != kNoRow && (slots_[slot] == kErased || rows.key(slots_[slot]).chunk != chunk)) slot = (slot + 1) & mask;
    return slot;
}

RowNumber ChunkRows::find(const VectorRows& rows, const Uuid& chunk) const { return slots_.empty() ? kNoRow : slots_[slot_of(rows, chunk)]; }

void ChunkRows::insert(const VectorRows& rows, RowNumber row) {
    if ((used_ + 1) * 3 > slots_.size() * 2) grow(rows);
    slots_[slot_of(rows, rows.key(row).chunk)] = row;
    ++size_;
    ++used_;
}

void ChunkRows::erase(const VectorRows& rows, const Uuid& chunk) {
    if (slots_.empty()) return;
    auto& slot = slots_[slot_of(rows, chunk)];
    if (slot == kNoRow) return;
    slot = kErased;
    --size_;
}

void ChunkRows::grow(const VectorRows& rows) {
    const auto old = std::move(slots_);
    slots_.assign(std::bit_ceil(std::max<std::size_t>(16, size_ * 2 + 2)), kNoRow);
    used_ = size_;
    for (const auto row : old) {
        if (row != kNoRow && row != kErased) slots_[slot_of(rows, rows.key(row).chunk)] = row;
    }
}

}  // namespace agentic::knowledge
