// Every instruction set against plain arithmetic in double precision.
#include "embeddings/kernels.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "tiny_model.hpp"

namespace agentic::embeddings {
namespace {

std::vector<float> numbers(std::size_t n, float scale) {
    static test::TinyNumbers generator;
    std::vector<float> out(n);
    for (float& x : out) x = generator.next() * scale;
    return out;
}

class KernelsTest : public testing::TestWithParam<const Kernels*> {
protected:
    const Kernels& k = *GetParam();
};

TEST_P(KernelsTest, GeluIsExactToSixDigits) {
    auto row = numbers(4096, 16);
    row[0] = -50;
    row[1] = 50;
    row[2] = 0;
    const auto before = row;
    k.gelu(row.data(), row.size());
    for (std::size_t i = 0; i < row.size(); ++i) {
        const double x = before[i];
        EXPECT_NEAR(row[i], x / 2 * (1 + std::erf(x / std::sqrt(2.0))), 1e-6 * std::max(1.0, std::abs(x)));
    }
}

TEST_P(KernelsTest, QuantizedRowsGiveTheirNumbersBack) {
    for (const float shift : {0.0F, 3.0F, -3.0F}) {
        auto row = numbers(384, 2);
        for (float& x : row) x += shift;
        std::vector<std::uint8_t> bytes(row.size());
        const auto [scale, zero] = k.quantize(row.data(), bytes.data(), row.size());
        for (std::size_t i = 0; i < row.size(); ++i) EXPECT_NEAR(scale * static_cast<float>(bytes[i] - zero), row[i], scale * 1.01F);
    }
    const std::vector<float> nothing(32);
    std::vector<std::uint8_t> bytes(32, 7);
    EXPECT_EQ(k.quantize(nothing.data(), bytes.data(), 32).scale, 0);
    EXPECT_EQ(bytes, std::vector<std::uint8_t>(32));
}

TEST_P(KernelsTest, DequantizesAndAddsBias) {
    const std::vector<std::int32_t> sums(32, 1000), weights(32, 3);
    const std::vector<float> scales(32, 0.5F);
    auto bias = numbers(32, 1);
    std::vector<float> out(32);
    k.dequantize(sums.data(), {0.1F, 100}, {bias.data(), scales.data(), weights.data()}, out.data(), 32);
    for (std::size_t i = 0; i < 32; ++i) EXPECT_FLOAT_EQ(out[i], 0.05F * 700 + bias[i]);
    k.add_bias(out.data(), {bias.data(), nullptr, nullptr}, 32);
    for (std::size_t i = 0; i < 32; ++i) EXPECT_FLOAT_EQ(out[i], 35 + 2 * bias[i]);
}

TEST_P(KernelsTest, ActivatesInOnePass) {
    std::vector<std::int32_t> sums(512), weights(512, 3);
    for (std::size_t i = 0; i < 512; ++i) sums[i] = static_cast<std::int32_t>(i) * 20 - 5120;
    const std::vector<float> scales(512, 0.02F), bias(512, 0.25F);
    std::vector<float> row(512);
    std::vector<std::uint8_t> bytes(512);
    const auto [scale, zero] = k.activate(sums.data(), {0.1F, 10}, {bias.data(), scales.data(), weights.data()}, row.data(), bytes.data(), 512);
    for (std::size_t i = 0; i < 512; ++i) {
        const double x = 0.002 * (sums[i] - 30) + 0.25, expected = x / 2 * (1 + std::erf(x / std::sqrt(2.0)));
        EXPECT_NEAR(row[i], expected, 3e-4);
        EXPECT_NEAR(scale * static_cast<float>(bytes[i] - zero), expected, scale * 1.01F + 3e-4);
    }
}

TEST_P(KernelsTest, NormalisesRows) {
    auto x = numbers(384, 4), y = numbers(384, 4), gamma = numbers(384, 1), beta = numbers(384, 1);
    std::vector<double> sum(384);
    double mean = 0, variance = 0;
    for (std::size_t i = 0; i < 384; ++i) mean += (sum[i] = static_cast<double>(x[i]) + y[i]) / 384;
    for (const double s : sum) variance += (s - mean) * (s - mean) / 384;
    k.add_and_normalise(x.data(), y.data(), gamma.data(), beta.data(), 1e-5F, 384);
    for (std::size_t i = 0; i < 384; ++i) EXPECT_NEAR(x[i], (sum[i] - mean) / std::sqrt(variance + 1e-5) * gamma[i] + beta[i], 1e-5);
}

TEST_P(KernelsTest, AttendsLikeTheFormula) {
    for (const std::size_t size : {16, 32, 48, 64}) {
        for (const std::size_t length : {1, 2, 15, 16, 17, 33, 70}) {
            const auto q = numbers(length * size, 8), keys = numbers(length * size, 8), v = numbers(length * size, 2), bias = numbers(2 * length - 1, 4);
            std::vector<float> out(length * size), scratch(attention_scratch(length, size));
            for (const bool is_biased : {false, true}) {
                k.attend({q.data(), keys.data(), v.data(), size, length, size, is_biased ? bias.data() + length - 1 : nullptr, out.data(), size, scratch.data()});
                for (std::size_t i = 0; i < length; ++i) {
                    std::vector<double> weight(length), expected(size);
                    double total = 0;
                    for (std::size_t j = 0; j < length; ++j) {
                        double dot = 0;
                        for (std::size_t d = 0; d < size; ++d) dot += static_cast<double>(q[i * size + d]) * keys[j * size + d];
                        weight[j] = std::exp(dot / std::sqrt(static_cast<double>(size)) + (is_biased ? bias[length - 1 + j - i] : 0));
                        total += weight[j];
                    }
                    for (std::size_t d = 0; d < size; ++d) {
                        for (std::size_t j = 0; j < length; ++j) expected[d] += weight[j] / total * v[j * size + d];
                        ASSERT_NEAR(out[i * size + d], expected[d], 1e-5) << "length " << length << " size " << size;
                    }
                }
            }
        }
    }
}

std::vector<const Kernels*> available() {
    const Kernels* found[3];
    return {found, found + available_kernels(found)};
}

INSTANTIATE_TEST_SUITE_P(InstructionSets, KernelsTest, testing::ValuesIn(available()), [](const auto& parameter) {
    std::string name(parameter.param->instruction_set);
    std::erase(name, '-');
    return name;
});

}  // namespace
}  // namespace agentic::embeddings
