#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace agentic::knowledge {

/// From a product of codes to bounds of the score: score = scale * row's scale * (product - correction), error = row's error * factor + rest.
struct ScoreBounds {
    float scale = 0;
    std::int32_t correction = 0;
    float factor = 0;
    float rest = 0;
};

/// The inner loops of vector search, for the best instructions the processor has. Codes are signed bytes stored with 128 added; `stride` is a multiple of 64
/// and covers the dimensions, padded with 128 in rows and 0 in queries. So a row times a query is sum(row * query) - 128 * sum(query), exact in 32 bits.
struct VectorKernels {
    /// out[i] = sum over j of rows[i * stride + j] * query[j], for `count` rows.
    void (*dot_rows)(const std::uint8_t* rows, std::size_t stride, std::size_t count, const std::int8_t* query, std::int32_t* out);
    /// The same for one row.
    std::int32_t (*dot_row)(const std::uint8_t* row, std::size_t stride, const std::int8_t* query);
    /// sum over j of query[j] * ((codes[j] - 128) * 65536 + rest[j]); `dimensions` floats in `query`, which is padded with 0 to the stride, as is `rest`.
    float (*dot_fine)(const std::uint8_t* codes, const std::int16_t* rest, std::size_t stride, const float* query);
    /// The same with a coarser rest: (codes[j] - 128) * 65536 + rest[j] * 256.
    float (*dot_fair)(const std::uint8_t* codes, const std::int8_t* rest, std::size_t stride, const float* query);
    /// uppers[i] = score + error of row i; peaks[g] = the largest score - error of rows [16 g, 16 g + 16) before `count`.
    void (*bound_rows)(const std::int32_t* products, const float* scales, const float* errors, std::size_t count, const ScoreBounds& bounds, float* uppers, float* peaks);
    const char* name;

    static constexpr std::size_t kGroup = 16;
};

/// For this processor.
const VectorKernels& vector_kernels();

/// All that this processor can run, the plainest first.
std::span<const VectorKernels* const> all_vector_kernels();

}  // namespace agentic::knowledge
