#include "knowledge/vector_kernels.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace agentic::knowledge {
namespace {

TEST(VectorKernels, AgreeWithThePlainOnes) {
    std::mt19937_64 random(11);
    const auto& plain = *all_vector_kernels().front();
    for (const std::size_t stride : {64UL, 128UL, 192UL, 384UL, 768UL, 1536UL}) {
        constexpr std::size_t kRows = 11;
        std::vector<std::uint8_t> rows(kRows * stride);
        std::vector<std::int8_t> query(stride), fair(stride);
        std::vector<std::int16_t> fine(stride);
        std::vector<float> exact(stride);
        for (auto& code : rows) code = static_cast<std::uint8_t>(random() % 5 == 0 ? 255 : random());  // extremes would show a saturating kernel
        for (std::size_t j = 0; j < stride; ++j) {
            query[j] = static_cast<std::int8_t>(random() % 5 == 0 ? 127 : static_cast<int>(random() % 255) - 127);
            fair[j] = static_cast<std::int8_t>(random());
            fine[j] = static_cast<std::int16_t>(random());
            exact[j] = static_cast<float>(static_cast<int>(random() % 2001) - 1000) / 1000;
        }
        for (const auto* kernels : all_vector_kernels()) {
            SCOPED_TRACE(kernels->name);
            std::vector<std::int32_t> wanted(kRows), got(kRows);
            plain.dot_rows(rows.data(), stride, kRows, query.data(), wanted.data());
            kernels->dot_rows(rows.data(), stride, kRows, query.data(), got.data());
            EXPECT_EQ(got, wanted);
            for (std::size_t i = 0; i < kRows; ++i) EXPECT_EQ(kernels->dot_row(rows.data() + i * stride, stride, query.data()), wanted[i]);
            const double scale = 8'388'608.0 * static_cast<double>(stride);
            EXPECT_NEAR(kernels->dot_fine(rows.data(), fine.data(), stride, exact.data()) / scale, plain.dot_fine(rows.data(), fine.data(), stride, exact.data()) / scale, 1e-7);
            EXPECT_NEAR(kernels->dot_fair(rows.data(), fair.data(), stride, exact.data()) / scale, plain.dot_fair(rows.data(), fair.data(), stride, exact.data()) / scale, 1e-7);
        }
    }
}

TEST(VectorKernels, BoundRowsAndGroups) {
    std::mt19937_64 random(12);
    constexpr std::size_t kRoom = 64;
    const ScoreBounds bounds{.scale = 0.01F, .correction = 300, .factor = 1.01F, .rest = 0.008F};
    for (const std::size_t count : {1UL, 15UL, 16UL, 17UL, 48UL, 63UL}) {
        std::vector<std::int32_t> products(kRoom, 1'000'000);
        std::vector<float> scales(kRoom, 1), errors(kRoom);
        for (std::size_t i = 0; i < count; ++i) {
            products[i] = static_cast<std::int32_t>(random() % 20'000) - 10'000;
            scales[i] = static_cast<float>(random() % 100) / 10'000;
            errors[i] = static_cast<float>(random() % 100) / 10'000;
        }
        for (const auto* kernels : all_vector_kernels()) {
            std::vector<float> uppers(kRoom), peaks(kRoom / VectorKernels::kGroup);
            kernels->bound_rows(products.data(), scales.data(), errors.data(), count, bounds, uppers.data(), peaks.data());
            for (std::size_t first = 0; first < count; first += VectorKernels::kGroup) {
                float peak = -100;
                for (auto i = first; i < std::min(count, first + VectorKernels::kGroup); ++i) {
                    const float score = bounds.scale * scales[i] * static_cast<float>(products[i] - bounds.correction), error = errors[i] * bounds.factor + bounds.rest;
                    EXPECT_NEAR(uppers[i], score + error, 1e-6);
                    peak = std::max(peak, score - error);
                }
                EXPECT_NEAR(peaks[first / VectorKernels::kGroup], peak, 1e-6) << kernels->name << ", " << count << " rows";
            }
        }
    }
}

}  // namespace
}  // namespace agentic::knowledge
