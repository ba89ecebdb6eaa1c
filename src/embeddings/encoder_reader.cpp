#include "embeddings/encoder_reader.hpp"

#include <algorithm>
#include <cmath>
#include <format>

namespace agentic::embeddings {
namespace {

// The bucket of a distance key - query, as Transformers computes it (in single precision, which decides at the borders).
std::size_t bucket_of(std::int64_t distance, std::size_t buckets) {
    constexpr float kMaxDistance = 128;
    const std::size_t half = buckets / 2, exact = half / 2;
    const std::size_t base = distance > 0 ? half : 0;
    const auto n = static_cast<std::size_t>(distance < 0 ? -distance : distance);
    if (n < exact) return base + n;
    const auto exact_f = static_cast<float>(exact);
    const float steps = std::log(static_cast<float>(n) / exact_f) / std::log(kMaxDistance / exact_f) * static_cast<float>(half - exact);
    return base + std::min(half - 1, exact + static_cast<std::size_t>(steps));
}

}  // namespace

Encoder::Reader::Reader(const WeightSource& source, const ModelConfig& config)
    : source_(source), config_(config), prefix_(prefix_of(source, "embeddings.word_embeddings.weight")) {}

Result<Floats> Encoder::Reader::words() const { return floats("embeddings.word_embeddings.weight", {config_.vocabulary, config_.hidden}); }

Result<std::vector<float>> Encoder::Reader::positions() const {
    AGENTIC_TRY(const auto positions, floats("embeddings.position_embeddings.weight", {config_.positions, config_.hidden}));
    std::vector<float> out(positions.span().begin() + static_cast<std::ptrdiff_t>(config_.first_position * config_.hidden), positions.span().end());
    if (config_.token_types == 0) return out;
    AGENTIC_TRY(const auto types, floats("embeddings.token_type_embeddings.weight", {config_.token_types, config_.hidden}));
    for (std::size_t i = 0; i < out.size(); ++i) out[i] += types[i % config_.hidden];
    return out;
}

Result<std::vector<float>> Encoder::Reader::second_type() const {
    std::vector<float> out;
    if (config_.token_types < 2) return out;
    AGENTIC_TRY(const auto types, floats("embeddings.token_type_embeddings.weight", {config_.token_types, config_.hidden}));
    for (std::size_t i = 0; i < config_.hidden; ++i) out.push_back(types[config_.hidden + i] - types[i]);
    return out;
}

Result<Encoder::Norm> Encoder::Reader::norm(const std::string& name) const {
    AGENTIC_TRY(auto gamma, floats(name + ".weight", {config_.hidden}));
    AGENTIC_TRY(auto beta, floats(name + ".bias", {config_.hidden}));
    return Norm{std::move(gamma), std::move(beta)};
}

const Encoder::Reader::LayerNames& Encoder::Reader::names() const {
    static constexpr LayerNames kBert{"attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense", "attention.output.LayerNorm"};
    static constexpr LayerNames kMpnet{"attention.attn.q", "attention.attn.k", "attention.attn.v", "attention.attn.o", "attention.LayerNorm"};
    return config_.family == Family::bert ? kBert : kMpnet;
}

Result<Encoder::Layer> Encoder::Reader::layer(std::size_t number, Products& products) const {
    const auto layer = std::format("encoder.layer.{}.", number);
    AGENTIC_TRY(auto in, query_key_value(layer, products.query_key_value));
    AGENTIC_TRY(auto attention, linear(layer + std::string(names().attention_output), products.square));
    AGENTIC_TRY(auto up, linear(layer + "intermediate.dense", products.up));
    AGENTIC_TRY(auto down, linear(layer + "output.dense", products.down));
    AGENTIC_TRY(auto attention_norm, norm(layer + std::string(names().attention_norm)));
    AGENTIC_TRY(auto output_norm, norm(layer + "output.LayerNorm"));
    return Layer{std::move(in), std::move(attention), std::move(up), std::move(down), std::move(attention_norm), std::move(output_norm)};
}

Result<std::vector<float>> Encoder::Reader::relative_bias() const {
    std::vector<float> out;
    if (config_.relative_buckets == 0) return out;
    AGENTIC_TRY(const auto buckets, floats("encoder.relative_attention_bias.weight", {config_.relative_buckets, config_.heads}));
    const auto reach = static_cast<std::int64_t>(config_.longest()) - 1;
    for (std::size_t head = 0; head < config_.heads; ++head) {
        for (auto distance = -reach; distance <= reach; ++distance) out.push_back(buckets[bucket_of(distance, config_.relative_buckets) * config_.heads + head]);
    }
    return out;
}

Result<Floats> Encoder::Reader::floats(const std::string& name, std::initializer_list<std::size_t> shape) const {
    return source_.floats(prefix_ + name, {shape.begin(), shape.size()});
}

Result<Linear> Encoder::Reader::linear(const std::string& name, MatrixProduct& product) const {
    AGENTIC_TRY(const auto weights, floats(name + ".weight", {product.outputs(), product.inputs()}));
    AGENTIC_TRY(const auto bias, floats(name + ".bias", {product.outputs()}));
    return Linear(product, weights.data(), bias.data());
}

Result<Linear> Encoder::Reader::query_key_value(const std::string& layer, MatrixProduct& product) const {
    std::vector<float> weights, bias;
    for (const auto part : {names().query, names().key, names().value}) {
        const auto name = layer + std::string(part);
        AGENTIC_TRY(const auto w, floats(name + ".weight", {config_.hidden, config_.hidden}));
        AGENTIC_TRY(const auto b, floats(name + ".bias", {config_.hidden}));
        weights.insert(weights.end(), w.span().begin(), w.span().end());
        bias.insert(bias.end(), b.span().begin(), b.span().end());
    }
    return Linear(product, weights.data(), bias.data());
}

}  // namespace agentic::embeddings
