#include "knowledge/vector_kernels.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace agentic::knowledge {
namespace {

constexpr std::size_t kGroup = VectorKernels::kGroup;

// Plain loops that compilers vectorise, for each set of instructions anew.
__attribute__((always_inline)) inline void bound_group(const std::int32_t* products, const float* scales, const float* errors, std::size_t count, const ScoreBounds& bounds, float* uppers,
                                                       float* lowers) {
    for (std::size_t l = 0; l < count; ++l) {
        const float score = bounds.scale * scales[l] * static_cast<float>(products[l] - bounds.correction);
        const float error = errors[l] * bounds.factor + bounds.rest;
        uppers[l] = score + error;
        lowers[l] = score - error;
    }
}

__attribute__((always_inline)) inline float largest(float* lanes) {
    for (std::size_t l = 0; l < 8; ++l) lanes[l] = lanes[l] > lanes[l + 8] ? lanes[l] : lanes[l + 8];
    for (std::size_t l = 0; l < 4; ++l) lanes[l] = lanes[l] > lanes[l + 4] ? lanes[l] : lanes[l + 4];
    const float a = lanes[0] > lanes[1] ? lanes[0] : lanes[1], b = lanes[2] > lanes[3] ? lanes[2] : lanes[3];
    return a > b ? a : b;
}

__attribute__((always_inline)) inline void bound_all(const std::int32_t* products, const float* scales, const float* errors, std::size_t count, const ScoreBounds& bounds, float* uppers,
                                                     float* peaks) {
    constexpr float kNothing = -4;  // below any product of vectors of length 1
    alignas(64) float lowers[kGroup];
    std::size_t i = 0;
    for (; i + kGroup <= count; i += kGroup) {
        bound_group(products + i, scales + i, errors + i, kGroup, bounds, uppers + i, lowers);
        peaks[i / kGroup] = largest(lowers);
    }
    if (i == count) return;
    for (float& lower : lowers) lower = kNothing;
    bound_group(products + i, scales + i, errors + i, count - i, bounds, uppers + i, lowers);  // not a row further: a writer may be at work there
    peaks[i / kGroup] = largest(lowers);
}

namespace scalar {

void bound_rows(const std::int32_t* products, const float* scales, const float* errors, std::size_t count, const ScoreBounds& bounds, float* uppers, float* peaks) {
    bound_all(products, scales, errors, count, bounds, uppers, peaks);
}

std::int32_t dot_row(const std::uint8_t* row, std::size_t stride, const std::int8_t* query) {
    std::int32_t sum = 0;
    for (std::size_t j = 0; j < stride; ++j) sum += row[j] * query[j];
    return sum;
}

void dot_rows(const std::uint8_t* rows, std::size_t stride, std::size_t count, const std::int8_t* query, std::int32_t* out) {
    for (std::size_t i = 0; i < count; ++i) out[i] = dot_row(rows + i * stride, stride, query);
}

// Eight sums, so that the order of additions resembles that of the wide kernels.
template <class Rest>
float dot_rest(const std::uint8_t* codes, const Rest* rest, std::size_t stride, const float* query, std::int32_t unit) {
    float sums[8] = {};
    for (std::size_t j = 0; j < stride; j += 8) {
        for (std::size_t l = 0; l < 8; ++l) sums[l] += query[j + l] * static_cast<float>((codes[j + l] - 128) * 65536 + rest[j + l] * unit);
    }
    return ((sums[0] + sums[4]) + (sums[2] + sums[6])) + ((sums[1] + sums[5]) + (sums[3] + sums[7]));
}

float dot_fine(const std::uint8_t* codes, const std::int16_t* rest, std::size_t stride, const float* query) { return dot_rest(codes, rest, stride, query, 1); }
float dot_fair(const std::uint8_t* codes, const std::int8_t* rest, std::size_t stride, const float* query) { return dot_rest(codes, rest, stride, query, 256); }

constexpr VectorKernels kKernels{dot_rows, dot_row, dot_fine, dot_fair, bound_rows, "scalar"};

}  // namespace scalar

#if defined(__x86_64__)

namespace avx2 {

#define AGENTIC_TARGET __attribute__((target("avx2,fma")))

// 32 codes at a time, widened to 16 bits: products of a byte and a signed byte would saturate in _mm256_maddubs_epi16.
AGENTIC_TARGET inline __m256i add_products(__m256i sum, const std::uint8_t* row, const std::int8_t* query) {
    const auto a = _mm256_cvtepu8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(row)));
    const auto b = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(query)));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(a, b));
}

AGENTIC_TARGET std::int32_t dot_row(const std::uint8_t* row, std::size_t stride, const std::int8_t* query) {
    auto even = _mm256_setzero_si256(), odd = _mm256_setzero_si256();
    for (std::size_t j = 0; j < stride; j += 32) {
        even = add_products(even, row + j, query + j);
        odd = add_products(odd, row + j + 16, query + j + 16);
    }
    const auto wide = _mm256_add_epi32(even, odd);
    auto sum = _mm_add_epi32(_mm256_castsi256_si128(wide), _mm256_extracti128_si256(wide, 1));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4E));
    return _mm_cvtsi128_si32(_mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xB1)));
}

AGENTIC_TARGET void dot_rows(const std::uint8_t* rows, std::size_t stride, std::size_t count, const std::int8_t* query, std::int32_t* out) {
    for (std::size_t i = 0; i < count; ++i) out[i] = dot_row(rows + i * stride, stride, query);
}

AGENTIC_TARGET inline __m256 add_fine(__m256 sum, const std::uint8_t* codes, __m256i rest, const float* query) {
    const auto code = _mm256_sub_epi32(_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(codes))), _mm256_set1_epi32(128));
    return _mm256_fmadd_ps(_mm256_loadu_ps(query), _mm256_cvtepi32_ps(_mm256_add_epi32(_mm256_slli_epi32(code, 16), rest)), sum);
}

AGENTIC_TARGET inline float total(__m256 wide) {
    auto sum = _mm_add_ps(_mm256_castps256_ps128(wide), _mm256_extractf128_ps(wide, 1));
    sum = _mm_add_ps(sum, _mm_movehl_ps(sum, sum));
    return _mm_cvtss_f32(_mm_add_ss(sum, _mm_movehdup_ps(sum)));
}

AGENTIC_TARGET float dot_fine(const std::uint8_t* codes, const std::int16_t* rest, std::size_t stride, const float* query) {
    auto sum = _mm256_setzero_ps();
    for (std::size_t j = 0; j < stride; j += 8) {
        sum = add_fine(sum, codes + j, _mm256_cvtepi16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(rest + j))), query + j);
    }
    return total(sum);
}

AGENTIC_TARGET float dot_fair(const std::uint8_t* codes, const std::int8_t* rest, std::size_t stride, const float* query) {
    auto sum = _mm256_setzero_ps();
    for (std::size_t j = 0; j < stride; j += 8) {
        const auto wide = _mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(rest + j)));
        sum = add_fine(sum, codes + j, _mm256_slli_epi32(wide, 8), query + j);
    }
    return total(sum);
}

AGENTIC_TARGET void bound_rows(const std::int32_t* products, const float* scales, const float* errors, std::size_t count, const ScoreBounds& bounds, float* uppers, float* peaks) {
    bound_all(products, scales, errors, count, bounds, uppers, peaks);
}

#undef AGENTIC_TARGET

constexpr VectorKernels kKernels{dot_rows, dot_row, dot_fine, dot_fair, bound_rows, "AVX2"};

}  // namespace avx2

namespace avx512 {

#define AGENTIC_TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx2,fma")))

AGENTIC_TARGET inline __m512i add_products(__m512i sum, const std::uint8_t* row, __m512i query) { return _mm512_dpbusd_epi32(sum, _mm512_loadu_si512(row), query); }

AGENTIC_TARGET inline __m128i folded(__m512i wide) {
    const auto half = _mm256_add_epi32(_mm512_castsi512_si256(wide), _mm512_extracti64x4_epi64(wide, 1));
    return _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

AGENTIC_TARGET std::int32_t dot_row(const std::uint8_t* row, std::size_t stride, const std::int8_t* query) {
    auto even = _mm512_setzero_si512(), odd = _mm512_setzero_si512();
    std::size_t j = 0;
    for (; j + 128 <= stride; j += 128) {
        even = add_products(even, row + j, _mm512_loadu_si512(query + j));
        odd = add_products(odd, row + j + 64, _mm512_loadu_si512(query + j + 64));
    }
    if (j < stride) even = add_products(even, row + j, _mm512_loadu_si512(query + j));
    auto sum = folded(_mm512_add_epi32(even, odd));
    sum = _mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0x4E));
    return _mm_cvtsi128_si32(_mm_add_epi32(sum, _mm_shuffle_epi32(sum, 0xB1)));
}

// Four rows at a time share the loads of the query and one horizontal sum.
AGENTIC_TARGET void dot_rows(const std::uint8_t* rows, std::size_t stride, std::size_t count, const std::int8_t* query, std::int32_t* out) {
    std::size_t i = 0;
    for (; i + 4 <= count; i += 4) {
        const auto* row = rows + i * stride;
        auto a = _mm512_setzero_si512(), b = a, c = a, d = a;
        for (std::size_t j = 0; j < stride; j += 64) {
            const auto q = _mm512_loadu_si512(query + j);
            a = add_products(a, row + j, q);
            b = add_products(b, row + stride + j, q);
            c = add_products(c, row + 2 * stride + j, q);
            d = add_products(d, row + 3 * stride + j, q);
        }
        const auto sums = _mm_hadd_epi32(_mm_hadd_epi32(folded(a), folded(b)), _mm_hadd_epi32(folded(c), folded(d)));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), sums);
    }
    for (; i < count; ++i) out[i] = dot_row(rows + i * stride, stride, query);
}

AGENTIC_TARGET inline __m512 add_fine(__m512 sum, const std::uint8_t* codes, __m512i rest, const float* query) {
    const auto code = _mm512_sub_epi32(_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(codes))), _mm512_set1_epi32(128));
    return _mm512_fmadd_ps(_mm512_loadu_ps(query), _mm512_cvtepi32_ps(_mm512_add_epi32(_mm512_slli_epi32(code, 16), rest)), sum);
}

AGENTIC_TARGET float dot_fine(const std::uint8_t* codes, const std::int16_t* rest, std::size_t stride, const float* query) {
    auto even = _mm512_setzero_ps(), odd = _mm512_setzero_ps();
    for (std::size_t j = 0; j < stride; j += 32) {
        even = add_fine(even, codes + j, _mm512_cvtepi16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(rest + j))), query + j);
        odd = add_fine(odd, codes + j + 16, _mm512_cvtepi16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(rest + j + 16))), query + j + 16);
    }
    return _mm512_reduce_add_ps(_mm512_add_ps(even, odd));
}

AGENTIC_TARGET inline __m512i rest_at(const std::int8_t* rest) { return _mm512_slli_epi32(_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(rest))), 8); }

AGENTIC_TARGET float dot_fair(const std::uint8_t* codes, const std::int8_t* rest, std::size_t stride, const float* query) {
    auto even = _mm512_setzero_ps(), odd = _mm512_setzero_ps();
    for (std::size_t j = 0; j < stride; j += 32) {
        even = add_fine(even, codes + j, rest_at(rest + j), query + j);
        odd = add_fine(odd, codes + j + 16, rest_at(rest + j + 16), query + j + 16);
    }
    return _mm512_reduce_add_ps(_mm512_add_ps(even, odd));
}

AGENTIC_TARGET void bound_rows(const std::int32_t* products, const float* scales, const float* errors, std::size_t count, const ScoreBounds& bounds, float* uppers, float* peaks) {
    bound_all(products, scales, errors, count, bounds, uppers, peaks);
}

#undef AGENTIC_TARGET

constexpr VectorKernels kKernels{dot_rows, dot_row, dot_fine, dot_fair, bound_rows, "AVX-512 VNNI"};

}  // namespace avx512

#endif

struct Available {
    const VectorKernels* list[3];
    std::size_t count;
};

Available available() {
    Available out{{&scalar::kKernels}, 1};
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) out.list[out.count++] = &avx2::kKernels;
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vnni")) {
        out.list[out.count++] = &avx512::kKernels;
    }
#endif
    return out;
}

const Available& all() {
    static const Available found = available();
    return found;
}

}  // namespace

const VectorKernels& vector_kernels() {
    static const VectorKernels& best = *all_vector_kernels().back();
    return best;
}

std::span<const VectorKernels* const> all_vector_kernels() { return {all().list, all().count}; }

}  // namespace agentic::knowledge
