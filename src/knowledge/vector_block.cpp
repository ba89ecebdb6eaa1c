#include "knowledge/vector_block.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>
#include <numeric>

#include "knowledge/vector_kernels.hpp"

namespace agentic::knowledge {
namespace {

constexpr std::size_t kCacheLine = 64;
constexpr std::size_t kHugePage = 2 << 20;
constexpr float kSteps = 127;

// To the nearest integer, ties to even, for |value| < 2^22: in the form that compilers vectorise.
float rounded(float value) {
    constexpr float kShifter = 12582912;  // 1.5 * 2^23: behind it a float has no fraction
    return (value + kShifter) - kShifter;
}

float step_of(std::span<const float> vector) {
    float lanes[8] = {};  // so that compilers vectorise it
    std::size_t j = 0;
    for (; j + 8 <= vector.size(); j += 8) {
        for (std::size_t l = 0; l < 8; ++l) lanes[l] = std::abs(vector[j + l]) > lanes[l] ? std::abs(vector[j + l]) : lanes[l];
    }
    for (; j < vector.size(); ++j) lanes[0] = std::max(lanes[0], std::abs(vector[j]));
    const float largest = *std::ranges::max_element(lanes);
    return largest > 0 ? largest / kSteps : 1;
}

}  // namespace

void AlignedFree::operator()(void* memory) const { std::free(memory); }

template <class T>
AlignedArray<T> aligned_array(std::size_t count) {
    const auto unit = count * sizeof(T) >= kHugePage ? kHugePage : kCacheLine;
    const auto bytes = (std::max(count * sizeof(T), unit) + unit - 1) / unit * unit;
    void* memory = std::aligned_alloc(unit, bytes);
    if (!memory) throw std::bad_alloc();
    if (unit == kHugePage) ::madvise(memory, bytes, MADV_HUGEPAGE);  // a graph search jumps; a refusal only costs time
    std::memset(memory, 0, bytes);
    return AlignedArray<T>(static_cast<T*>(memory));
}
template AlignedArray<std::uint8_t> aligned_array(std::size_t);
template AlignedArray<std::int8_t> aligned_array(std::size_t);
template AlignedArray<std::int16_t> aligned_array(std::size_t);
template AlignedArray<std::uint32_t> aligned_array(std::size_t);
template AlignedArray<float> aligned_array(std::size_t);

void QuantizedQuery::set(std::span<const float> vector, std::size_t stride) {
    exact.assign(vector.begin(), vector.end());
    exact.resize(stride);
    codes.assign(stride, 0);
    scale = step_of(vector);
    const float inverse = 1 / scale;
    float squares[8] = {};
    std::int32_t sum = 0;
    for (std::size_t j = 0; j < stride; j += 8) {
        for (std::size_t l = 0; l < 8; ++l) {
            const float code = rounded(exact[j + l] * inverse);
            const float off = exact[j + l] - scale * code;
            codes[j + l] = static_cast<std::int8_t>(static_cast<std::int32_t>(code));
            sum += static_cast<std::int32_t>(code);
            squares[l] += off * off;
        }
    }
    error = std::sqrt(std::accumulate(std::begin(squares), std::end(squares), 0.0F)) * 1.0001F;
    correction = 128 * sum;
}

VectorBlock::VectorBlock(std::size_t dimensions, std::size_t capacity, Precision precision)
    : stride_(stride_of(dimensions)), capacity_(capacity), precision_(precision), codes_(aligned_array<std::uint8_t>(capacity * stride_)),
      fine_(precision == Precision::fine ? aligned_array<std::int16_t>(capacity * stride_) : nullptr),
      fair_(precision == Precision::fair ? aligned_array<std::int8_t>(capacity * stride_) : nullptr), scales_(aligned_array<float>(capacity)), errors_(aligned_array<float>(capacity)),
      keys_(std::make_unique<ChunkKey[]>(capacity)), removed_(std::make_unique<std::atomic<std::uint8_t>[]>(capacity)) {}

std::size_t VectorBlock::bytes() const {
    const auto rest = precision_ == Precision::fine ? sizeof(std::int16_t) : sizeof(std::int8_t);
    return capacity_ * (stride_ * (1 + rest) + 2 * sizeof(float) + sizeof(ChunkKey) + 1);
}

void VectorBlock::set(std::size_t row, const ChunkKey& key, std::span<const float> vector) {
    keys_[row] = key;
    const double scale = step_of(vector);
    scales_[row] = static_cast<float>(scale);
    auto* codes = codes_.get() + row * stride_;
    double squares = 0;
    for (std::size_t j = 0; j < stride_; ++j) {
        const double value = j < vector.size() ? vector[j] / scale : 0;
        const double code = std::nearbyint(value);
        const double rest = value - code;
        codes[j] = static_cast<std::uint8_t>(static_cast<int>(code) + 128);
        squares += rest * rest;
        if (fine_) fine_[row * stride_ + j] = static_cast<std::int16_t>(std::clamp(std::nearbyint(rest * 65536), -32768.0, 32767.0));
        else fair_[row * stride_ + j] = static_cast<std::int8_t>(std::clamp(std::nearbyint(rest * 256), -128.0, 127.0));
    }
    errors_[row] = static_cast<float>(scale * std::sqrt(squares));
}

void VectorBlock::copy(std::size_t row, const VectorBlock& other, std::size_t from) {
    keys_[row] = other.keys_[from];
    scales_[row] = other.scales_[from];
    errors_[row] = other.errors_[from];
    if (other.is_removed(from)) remove(row);
    std::copy_n(other.codes(from), stride_, codes_.get() + row * stride_);
    if (precision_ == Precision::fine) {
        auto* to = fine_.get() + row * stride_;
        if (other.precision_ == Precision::fine) std::copy_n(other.fine_.get() + from * stride_, stride_, to);
        else std::transform(other.fair_.get() + from * stride_, other.fair_.get() + (from + 1) * stride_, to, [](std::int8_t rest) { return static_cast<std::int16_t>(rest * 256); });
    } else {
        auto* to = fair_.get() + row * stride_;
        if (other.precision_ == Precision::fair) std::copy_n(other.fair_.get() + from * stride_, stride_, to);
        else std::transform(other.fine_.get() + from * stride_, other.fine_.get() + (from + 1) * stride_, to, [](std::int16_t rest) { return static_cast<std::int8_t>(std::min((rest + 128) >> 8, 127)); });
    }
}

float VectorBlock::score(std::size_t row, const QuantizedQuery& query) const {
    const auto& kernels = vector_kernels();
    const float product = fine_ ? kernels.dot_fine(codes(row), fine_.get() + row * stride_, stride_, query.exact.data())
                                : kernels.dot_fair(codes(row), fair_.get() + row * stride_, stride_, query.exact.data());
    return product * (scales_[row] / 65536);
}

}  // namespace agentic::knowledge
