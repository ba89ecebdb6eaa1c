#include "knowledge/vector_rows.hpp"

#include <algorithm>

namespace agentic::knowledge {

void VectorRows::make_room(Precision precision) {
    constexpr std::size_t kSmallest = 16, kFirst = kBlockRows / 8;
    const auto used = within(count_);
    if (used == 0) {
        blocks_.push_back(std::make_shared<VectorBlock>(dimensions_, count_ == 0 ? kSmallest : kFirst, precision));
    } else if (used == blocks_.back()->capacity()) {
        auto larger = std::make_shared<VectorBlock>(dimensions_, 2 * used, precision);
        for (std::size_t row = 0; row < used; ++row) larger->copy(row, *blocks_.back(), row);
        blocks_.back() = std::move(larger);
    } else {
        return;
    }
    places_.resize(blocks_.size());
    places_.back() = {blocks_.back()->codes(0), blocks_.back()->scales()};
}

std::size_t VectorRows::bytes() const {
    std::size_t out = 0;
    for (const auto& block : blocks_) out += block->bytes();
    return out;
}

}  // namespace agentic::knowledge
