#pragma once
#include <cstddef>
#include <cstdint>
#include <span>

namespace agentic::knowledge {

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
    const char* name;
};

/// For this processor.
const VectorKernels& vector_kernels();

/// All that this processor can run, the plainest first.
std::span<const VectorKernels* const> all_vector_kernels();

}  // namespace agentic::knowledge
