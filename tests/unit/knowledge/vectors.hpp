#pragma once
#include <cmath>
#include <cstring>
#include <random>
#include <span>
#include <vector>

#include "core/uuid.hpp"

namespace agentic::knowledge::test {

/// Rows of length 1 around a few topics.
struct RandomVectors {
    std::size_t dimensions;
    std::vector<float> values;

    RandomVectors(std::size_t count, std::size_t dims, std::uint64_t seed, std::size_t topics = 20) : dimensions(dims), values(count * dims) {
        std::mt19937_64 random(seed);
        std::normal_distribution<float> normal;
        std::vector<float> centres(topics * dims);
        for (auto& v : centres) v = normal(random);
        for (std::size_t i = 0; i < count; ++i) {
            const auto topic = random() % topics;
            double squares = 0;
            for (std::size_t d = 0; d < dims; ++d) {
                auto& v = values[i * dims + d] = centres[topic * dims + d] + normal(random);
                squares += static_cast<double>(v) * v;
            }
            for (std::size_t d = 0; d < dims; ++d) values[i * dims + d] = static_cast<float>(values[i * dims + d] / std::sqrt(squares));
        }
    }
    std::size_t count() const { return values.size() / dimensions; }
    std::span<const float> row(std::size_t i) const { return {values.data() + i * dimensions, dimensions}; }
};

inline double product(std::span<const float> a, std::span<const float> b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
    return sum;
}

inline Uuid id_of(std::uint64_t n) {
    Uuid::Bytes bytes{};
    std::memcpy(bytes.data(), &n, sizeof n);
    return Uuid(bytes);
}

inline std::uint64_t number_of(const Uuid& id) {
    std::uint64_t n = 0;
    std::memcpy(&n, id.bytes().data(), sizeof n);
    return n;
}

}  // namespace agentic::knowledge::test
