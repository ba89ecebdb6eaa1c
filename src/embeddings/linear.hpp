#pragma once
#include <memory>
#include <vector>

#include "embeddings/kernels.hpp"
#include "embeddings/matrix_product.hpp"

namespace agentic::embeddings {

/// The input of linear layers: floats as they are, or rows of 8-bit numbers with their scales, whichever the precision asks for.
class Activations {
public:
    Activations(std::size_t rows, std::size_t width, Precision precision);

    void set_row(std::size_t row, const float* values);
    std::uint8_t* bytes(std::size_t row) { return values_.as<std::uint8_t>() + row * width_; }
    void set_scale(std::size_t row, RowScale scale) { scales_[row] = scale; }
    const void* from(std::size_t row) const;
    RowScale scale(std::size_t row) const { return scales_[row]; }

private:
    std::size_t width_;
    Precision precision_;
    Buffer values_;
    std::vector<RowScale> scales_;
};

/// y = x W^T + b, with W [outputs][inputs] as PyTorch keeps it. For int8, W is rounded to 8 bits, each output with a scale of its own.
class Linear {
public:
    /// `product` has the layer's shape and outlives it.
    Linear(MatrixProduct& product, const float* weights, const float* bias);

    std::size_t outputs() const { return product_->outputs(); }
    /// Rows [begin, begin + rows) of `in`, rows <= MatrixProduct::kMaxRows, to `out` from its start; `out` has room for whole steps of rows. `sums` is room for
    /// the products, as large as `out`.
    void run(const Activations& in, std::size_t begin, std::size_t rows, float* out, std::int32_t* sums) const;
    /// The same, then GELU, to the first rows of `out`; `row` is room for one row for int8, for all for fp32.
    void run_gelu(const Activations& in, std::size_t begin, std::size_t rows, Activations& out, float* row, std::int32_t* sums) const;

private:
    void round_weights(const float* weights, std::vector<std::int8_t>& rounded);

    MatrixProduct* product_;
    Buffer weights_;
    std::vector<float> bias_, scales_;
    std::vector<std::int32_t> sums_;
};

}  // namespace agentic::embeddings
