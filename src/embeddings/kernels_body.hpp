#pragma once
// Included by kernels_*.cpp with AGENTIC_LANES and AGENTIC_KERNELS_NAME set. Nothing here may call an inline function of another header: it would be compiled for
// the wider instruction set, and the linker could choose that copy for everyone.
#include "embeddings/kernels.hpp"

namespace agentic::embeddings {
namespace {

constexpr std::size_t kW = AGENTIC_LANES;
using V = float __attribute__((vector_size(kW * 4)));
using I = std::int32_t __attribute__((vector_size(kW * 4)));
using B = std::uint8_t __attribute__((vector_size(kW)));
typedef float UnalignedV __attribute__((vector_size(kW * 4), aligned(4), may_alias));   // not `using`: Clang ignores `aligned` there
typedef std::int32_t UnalignedI __attribute__((vector_size(kW * 4), aligned(4), may_alias));
typedef std::uint8_t UnalignedB __attribute__((vector_size(kW), aligned(1), may_alias));

#define AGENTIC_INLINE inline __attribute__((always_inline))

AGENTIC_INLINE V load(const float* p) { return *reinterpret_cast<const UnalignedV*>(p); }
AGENTIC_INLINE void store(float* p, V v) { *reinterpret_cast<UnalignedV*>(p) = v; }
AGENTIC_INLINE V all(float x) { return V{} + x; }
AGENTIC_INLINE V smaller(V a, V b) { return a < b ? a : b; }
AGENTIC_INLINE V larger(V a, V b) { return a > b ? a : b; }
AGENTIC_INLINE float least(V v) {
    float out = v[0];
    for (std::size_t i = 1; i < kW; ++i) out = v[i] < out ? v[i] : out;
    return out;
}
AGENTIC_INLINE float greatest(V v) { return -least(-v); }
AGENTIC_INLINE float total(V v) {
    float out = 0;
    for (std::size_t i = 0; i < kW; ++i) out += v[i];
    return out;
}
// To the nearest whole number, for |v| < 2^22: the sum has no room for a fraction.
AGENTIC_INLINE V rounded(V v) {
    const V magic = all(12582912.0F);
    return (v + magic) - magic;
}

// e^x = 2^n * e^r, |r| <= ln(2)/2; Taylor's polynomial of degree 7, relative error below 2e-7. Below -87 it is taken at -87.
AGENTIC_INLINE V exponential(V x) {
    x = larger(x, all(-87.0F));
    const V n = rounded(x * 1.44269504F);
    const V r = (x - n * 0.693359375F) + n * 2.12194440e-4F;
    V p = all(1.0F / 5040);
    p = p * r + 1.0F / 720;
    p = p * r + 1.0F / 120;
    p = p * r + 1.0F / 24;
    p = p * r + 1.0F / 6;
    p = p * r + 0.5F;
    p = p * r + 1.0F;
    p = p * r + 1.0F;
    const I bits = (__builtin_convertvector(n, I) + 127) << 23;
    return p * reinterpret_cast<V>(bits);
}

// Abramowitz and Stegun 7.1.26, absolute error of erf below 1.5e-7.
AGENTIC_INLINE V gelu_of(V x) {
    const V z = x * 0.70710678F;
    const V a = larger(z, -z);
    const V t = 1.0F / (1.0F + 0.3275911F * a);
    V p = all(1.061405429F);
    p = p * t - 1.453152027F;
    p = p * t + 1.421413741F;
    p = p * t - 0.284496736F;
    p = p * t + 0.254829592F;
    const V tail = p * t * exponential(-(a * a)) * 0.5F;  // (1 - erf(a)) / 2
    return x * (z < 0.0F ? tail : 1.0F - tail);
}

void add_bias(float* row, ColumnConstants columns, std::size_t n) {
    for (std::size_t i = 0; i < n; i += kW) store(row + i, load(row + i) + load(columns.bias + i));
}

AGENTIC_INLINE V dequantized(const std::int32_t* sum, RowScale from, ColumnConstants columns, std::size_t i) {
    const I raw = *reinterpret_cast<const UnalignedI*>(sum + i) - from.zero * *reinterpret_cast<const UnalignedI*>(columns.sums + i);
    return __builtin_convertvector(raw, V) * (load(columns.scales + i) * from.scale) + load(columns.bias + i);
}

AGENTIC_INLINE RowScale quantize_within(const float* row, V low, V high, std::uint8_t* out, std::size_t n) {
    const float least_value = least(low), range = greatest(high) - least_value;
    if (!(range > 0)) {
        for (std::size_t i = 0; i < n; ++i) out[i] = 0;
        return {};
    }
    const float scale = range / 255.0F, inverse = 255.0F / range;
    const auto zero = static_cast<std::int32_t>(-least_value * inverse + 0.5F);
    const V offset = all(static_cast<float>(zero));
    for (std::size_t i = 0; i < n; i += kW) {
        const V q = smaller(larger(rounded(load(row + i) * inverse + offset), all(0.0F)), all(255.0F));
        *reinterpret_cast<UnalignedB*>(out + i) = __builtin_convertvector(__builtin_convertvector(q, I), B);
    }
    return {scale, zero};
}

void dequantize(const std::int32_t* sum, RowScale from, ColumnConstants columns, float* row, std::size_t n) {
    for (std::size_t i = 0; i < n; i += kW) store(row + i, dequantized(sum, from, columns, i));
}

RowScale quantize(const float* row, std::uint8_t* out, std::size_t n) {
    V low{}, high{};  // the range always holds 0
    for (std::size_t i = 0; i < n; i += kW) {
        low = smaller(low, load(row + i));
        high = larger(high, load(row + i));
    }
    return quantize_within(row, low, high, out, n);
}

// The normal distribution as an odd polynomial, fitted for the least largest error of GELU on [-3.9, 3.9] and constant beyond.
AGENTIC_INLINE V coarse_gelu(V x) {
    const V z = smaller(larger(x, all(-3.9F)), all(3.9F));
    const V u = z * z;
    V p = all(2.62713946e-8F);
    p = p * u - 1.77049074e-6F;
    p = p * u + 5.12371874e-5F;
    p = p * u - 8.44511163e-4F;
    p = p * u + 8.91378321e-3F;
    p = p * u - 6.48694684e-2F;
    p = p * u + 3.98085601e-1F;
    return x * (p * z + 0.5F);
}

RowScale activate(const std::int32_t* sum, RowScale from, ColumnConstants columns, float* row, std::uint8_t* out, std::size_t n) {
    V low{}, high{};
    for (std::size_t i = 0; i < n; i += kW) {
        const V x = coarse_gelu(dequantized(sum, from, columns, i));
        store(row + i, x);
        low = smaller(low, x);
        high = larger(high, x);
    }
    return quantize_within(row, low, high, out, n);
}

void gelu(float* row, std::size_t n) {
    for (std::size_t i = 0; i < n; i += kW) store(row + i, gelu_of(load(row + i)));
}

void add_and_normalise(float* x, const float* y, const float* gamma, const float* beta, float epsilon, std::size_t n) {
    V sum{}, squares{};
    for (std::size_t i = 0; i < n; i += kW) {
        const V v = load(x + i) + load(y + i);
        sum += v;
        store(x + i, v);
    }
    const float mean = total(sum) / static_cast<float>(n);
    for (std::size_t i = 0; i < n; i += kW) {
        const V d = load(x + i) - mean;
        squares += d * d;
    }
    const float inverse = 1.0F / __builtin_sqrtf(total(squares) / static_cast<float>(n) + epsilon);
    for (std::size_t i = 0; i < n; i += kW) store(x + i, (load(x + i) - mean) * inverse * load(gamma + i) + load(beta + i));
}

constexpr std::size_t kRows = kW == 16 ? 8 : 4;  // queries at a time: as many sums as there are registers for

// Scores of kRows queries against all keys: keys stand transposed, [size][padded].
AGENTIC_INLINE void score(const HeadAttention& head, std::size_t row, const float* keys, std::size_t padded, float scale, float* scores) {
    for (std::size_t j = 0; j < padded; j += 2 * kW) {
        V sums[kRows][2] = {};
        for (std::size_t d = 0; d < head.size; ++d) {
            const V k0 = load(keys + d * padded + j), k1 = load(keys + d * padded + j + kW);
#pragma GCC unroll 8
            for (std::size_t r = 0; r < kRows; ++r) {
                const std::size_t query = row + r < head.length ? row + r : head.length - 1;
                const float q = head.q[query * head.stride + d];
                sums[r][0] += q * k0;
                sums[r][1] += q * k1;
            }
        }
#pragma GCC unroll 8
        for (std::size_t r = 0; r < kRows; ++r) {
            store(scores + r * padded + j, sums[r][0] * scale);
            store(scores + r * padded + j + kW, sums[r][1] * scale);
        }
    }
}

// exp(score - largest) in place, 0 behind the last key. Returns 1 / sum.
AGENTIC_INLINE float soften(float* scores, const float* bias, std::size_t length, std::size_t padded) {
    if (bias != nullptr) {
        for (std::size_t j = 0; j < length; ++j) scores[j] += bias[j];
    }
    for (std::size_t j = length; j < padded; ++j) scores[j] = -1e30F;
    V high = load(scores), sum{};
    for (std::size_t j = kW; j < padded; j += kW) high = larger(high, load(scores + j));
    const float largest = greatest(high);
    for (std::size_t j = 0; j < padded; j += kW) {
        const V e = exponential(load(scores + j) - largest);
        store(scores + j, e);
    }
    for (std::size_t j = length; j < padded; ++j) scores[j] = 0;
    for (std::size_t j = 0; j < padded; j += kW) sum += load(scores + j);
    return 1.0F / total(sum);
}

template <std::size_t Parts>
AGENTIC_INLINE void mix(const HeadAttention& head, std::size_t row, std::size_t column, const float* values, const float* scores, std::size_t padded, const float* inverse) {
    V sums[kRows][Parts] = {};
    for (std::size_t j = 0; j < head.length; ++j) {
        V v[Parts];
        for (std::size_t c = 0; c < Parts; ++c) v[c] = load(values + j * head.size + column + c * kW);
#pragma GCC unroll 8
        for (std::size_t r = 0; r < kRows; ++r) {
            const float p = scores[r * padded + j];
#pragma GCC unroll 2
            for (std::size_t c = 0; c < Parts; ++c) sums[r][c] += p * v[c];
        }
    }
    for (std::size_t r = 0; r < kRows && row + r < head.length; ++r) {
        for (std::size_t c = 0; c < Parts; ++c) store(head.out + (row + r) * head.out_stride + column + c * kW, sums[r][c] * inverse[r]);
    }
}

void attend(const HeadAttention& head) {
    const std::size_t padded = (head.length + 2 * kW - 1) / (2 * kW) * (2 * kW);
    float* keys = head.scratch;
    float* values = keys + head.size * padded;
    float* scores = values + head.size * head.length;
    for (std::size_t d = 0; d < head.size; ++d) {
        for (std::size_t j = 0; j < head.length; ++j) keys[d * padded + j] = head.k[j * head.stride + d];
        for (std::size_t j = head.length; j < padded; ++j) keys[d * padded + j] = 0;
    }
    for (std::size_t j = 0; j < head.length; ++j) {
        for (std::size_t d = 0; d < head.size; d += kW) store(values + j * head.size + d, load(head.v + j * head.stride + d));
    }
    const float scale = 1.0F / __builtin_sqrtf(static_cast<float>(head.size));
    for (std::size_t row = 0; row < head.length; row += kRows) {
        float inverse[kRows];
        score(head, row, keys, padded, scale, scores);
        for (std::size_t r = 0; r < kRows; ++r) {
            const float* bias = head.relative_bias == nullptr || row + r >= head.length ? nullptr : head.relative_bias - (row + r);
            inverse[r] = soften(scores + r * padded, bias, head.length, padded);
        }
        std::size_t column = 0;
        for (; column + 2 * kW <= head.size; column += 2 * kW) mix<2>(head, row, column, values, scores, padded, inverse);
        for (; column < head.size; column += kW) mix<1>(head, row, column, values, scores, padded, inverse);
    }
}

#undef AGENTIC_INLINE

}  // namespace

extern const Kernels AGENTIC_KERNELS_NAME;
const Kernels AGENTIC_KERNELS_NAME = {AGENTIC_KERNELS_LABEL, add_bias, dequantize, quantize, activate, gelu, add_and_normalise, attend};

}  // namespace agentic::embeddings
