#pragma once
#include <string>
#include <string_view>

#include "embeddings/encoder.hpp"

namespace agentic::embeddings {

struct Encoder::Products {
    Products(const OneDnn& library, const ModelConfig& c, Precision p)
        : query_key_value(library, c.hidden, 3 * c.hidden, p), square(library, c.hidden, c.hidden, p), up(library, c.hidden, c.feed_forward, p), down(library, c.feed_forward, c.hidden, p) {}

    MatrixProduct query_key_value, square, up, down;
};

/// Finds the tensors of an encoder under the names that its family gives them.
class Encoder::Reader {
public:
    Reader(const WeightSource& source, const ModelConfig& config);

    Result<Floats> words() const;
    Result<std::vector<float>> positions() const;
    /// What token type 1 adds beyond type 0; empty for a model without it.
    Result<std::vector<float>> second_type() const;
    Result<Norm> norm(const std::string& name) const;
    Result<Layer> layer(std::size_t number, Products& products) const;
    /// T5's buckets (arXiv:1910.10683) spread over all distances, so that attention adds a plain row.
    Result<std::vector<float>> relative_bias() const;

private:
    struct LayerNames {
        std::string_view query, key, value, attention_output, attention_norm;
    };
    const LayerNames& names() const;
    Result<Floats> floats(const std::string& name, std::initializer_list<std::size_t> shape) const;
    Result<Linear> linear(const std::string& name, MatrixProduct& product) const;
    Result<Linear> query_key_value(const std::string& layer, MatrixProduct& product) const;

    const WeightSource& source_;
    const ModelConfig& config_;
    std::string prefix_;
};

}  // namespace agentic::embeddings
