#include "embeddings/linear.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace agentic::embeddings {

Activations::Activations(std::size_t rows, std::size_t width, Precision precision)
    : width_(width), precision_(precision), values_((rows + MatrixProduct::kRowStep) * width * (precision == Precision::int8 ? 1 : sizeof(float))), scales_(rows) {}

void Activations::set_row(std::size_t row, const float* values) {
    if (precision_ == Precision::int8) scales_[row] = kernels().quantize(values, values_.as<std::uint8_t>() + row * width_, width_);
    else std::memcpy(values_.as<float>() + row * width_, values, width_ * sizeof(float));
}

const void* Activations::from(std::size_t row) const {
    if (precision_ == Precision::int8) return values_.as<std::uint8_t>() + row * width_;
    return values_.as<float>() + row * width_;
}

Linear::Linear(MatrixProduct& product, const float* weights, const float* bias) : product_(&product), bias_(bias, bias + product.outputs()) {
    if (product.precision() == Precision::fp32) {
        weights_ = product.pack(weights);
        return;
    }
    std::vector<std::int8_t> rounded(product.inputs() * product.outputs());
    round_weights(weights, rounded);
    weights_ = product.pack(rounded.data());
}

void Linear::round_weights(const float* weights, std::vector<std::int8_t>& rounded) {
    const auto inputs = product_->inputs();
    for (std::size_t o = 0; o < product_->outputs(); ++o) {
        const float* row = weights + o * inputs;
        float largest = 0;
        for (std::size_t i = 0; i < inputs; ++i) largest = std::max(largest, std::abs(row[i]));
        const float inverse = largest > 0 ? 127.0F / largest : 0;
        std::int32_t sum = 0;
        for (std::size_t i = 0; i < inputs; ++i) {
            const auto value = static_cast<std::int8_t>(std::lrint(row[i] * inverse));
            rounded[o * inputs + i] = value;
            sum += value;
        }
        scales_.push_back(largest / 127.0F);
        sums_.push_back(sum);
    }
}

void Linear::run(const Activations& in, std::size_t begin, std::size_t rows, float* out, std::int32_t* sums) const {
    const auto n = outputs();
    const ColumnConstants columns{bias_.data(), scales_.data(), sums_.data()};
    if (product_->precision() == Precision::fp32) {
        product_->run(in.from(begin), weights_, out, rows);
        for (std::size_t r = 0; r < rows; ++r) kernels().add_bias(out + r * n, columns, n);
        return;
    }
    product_->run(in.from(begin), weights_, sums, rows);
    for (std::size_t r = 0; r < rows; ++r) kernels().dequantize(sums + r * n, in.scale(begin + r), columns, out + r * n, n);
}

void Linear::run_gelu(const Activations& in, std::size_t begin, std::size_t rows, Activations& out, float* row, std::int32_t* sums) const {
    const auto n = outputs();
    if (product_->precision() == Precision::fp32) {
        run(in, begin, rows, row, sums);
        for (std::size_t r = 0; r < rows; ++r) {
            kernels().gelu(row + r * n, n);
            out.set_row(r, row + r * n);
        }
        return;
    }
    product_->run(in.from(begin), weights_, sums, rows);
    const ColumnConstants columns{bias_.data(), scales_.data(), sums_.data()};
    for (std::size_t r = 0; r < rows; ++r) out.set_scale(r, kernels().activate(sums + r * n, in.scale(begin + r), columns, row, out.bytes(r), n));
}

}  // namespace agentic::embeddings
