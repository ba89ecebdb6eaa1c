#pragma once
// The small loops of the encoder, compiled once for each instruction set; kernels() picks the best that this processor has.
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace agentic::embeddings {

/// A row of 8-bit numbers stands for `scale * (q - zero)`.
struct RowScale {
    float scale = 0;
    std::int32_t zero = 0;
};

/// A linear layer's constants for each of its outputs; `scales` and `sums` belong to 8-bit weights.
struct ColumnConstants {
    const float* bias = nullptr;
    const float* scales = nullptr;
    const std::int32_t* sums = nullptr;  // of the column's weights
};

/// The attention of one head over one sequence. Rows of q, k and v are `stride` floats apart, rows of `out` `out_stride`.
struct HeadAttention {
    const float *q = nullptr, *k = nullptr, *v = nullptr;
    std::size_t stride = 0, length = 0, size = 0;
    const float* relative_bias = nullptr;  // [key - query], for -(length - 1) .. length - 1; nullptr: none
    float* out = nullptr;
    std::size_t out_stride = 0;
    float* scratch = nullptr;  // attention_scratch(length, size) floats
};

constexpr std::size_t attention_scratch(std::size_t length, std::size_t size) { return (length + 64) * (2 * size + 16) + 64; }

struct Kernels {
    std::string_view instruction_set;
    /// row[i] += bias[i]
    void (*add_bias)(float* row, ColumnConstants columns, std::size_t n);
    /// row[i] = scale * scales[i] * (sum[i] - zero * sums[i]) + bias[i]
    void (*dequantize)(const std::int32_t* sum, RowScale from, ColumnConstants columns, float* row, std::size_t n);
    /// To 0..255 over the row's own range.
    RowScale (*quantize)(const float* row, std::uint8_t* out, std::size_t n);
    /// quantize(gelu(dequantize(sum))) with GELU's absolute error below 2e-4, which is far below what 8 bits can show. `row` is scratch of n floats.
    RowScale (*activate)(const std::int32_t* sum, RowScale from, ColumnConstants columns, float* row, std::uint8_t* out, std::size_t n);
    /// x/2 * (1 + erf(x / sqrt(2))), in place.
    void (*gelu)(float* row, std::size_t n);
    /// x = gamma * (x + y - mean) / sqrt(variance + epsilon) + beta, in place.
    void (*add_and_normalise)(float* x, const float* y, const float* gamma, const float* beta, float epsilon, std::size_t n);
    /// softmax(q k^T / sqrt(size) + relative bias) v. `size` is a multiple of 16.
    void (*attend)(const HeadAttention& head);
};

const Kernels& kernels();

/// Those compiled in and usable on this processor, the best first: for tests.
std::size_t available_kernels(const Kernels* out[3]);

}  // namespace agentic::embeddings
