#include "embeddings/encoder.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstring>
#include <functional>
#include <optional>
#include <stdexcept>

#include "embeddings/encoder_reader.hpp"

namespace agentic::embeddings {
namespace {

constexpr std::size_t kBlock = MatrixProduct::kMaxRows;
std::atomic<std::uint64_t> next_number = 1;

}  // namespace

/// What one pass needs, kept by its thread for the next one.
struct Encoder::Workspace {
    Workspace(std::size_t token_count, const ModelConfig& config, Precision precision)
        : capacity(token_count),
          x(room(token_count) * config.hidden * sizeof(float)),
          projected(room(token_count) * 3 * config.hidden * sizeof(float)),
          context(token_count * config.hidden * sizeof(float)),
          y(kBlock * config.hidden * sizeof(float)),
          wide(kBlock * config.feed_forward * sizeof(float)),
          sums(kBlock * std::max(3 * config.hidden, config.feed_forward) * sizeof(std::int32_t)),
          scratch(attention_scratch(config.longest(), config.head_size()) * sizeof(float)),
          in(room(token_count), config.hidden, precision),
          middle(kBlock, config.feed_forward, precision) {}

    static std::size_t room(std::size_t tokens) { return tokens + MatrixProduct::kRowStep; }

    std::size_t capacity;
    std::size_t tokens = 0;
    Buffer x;          // [token][hidden]: the residual stream
    Buffer projected;  // [token][query, key, value]
    Buffer context;    // [token][hidden]: what attention gives
    Buffer y, wide, sums, scratch;
    Activations in, middle;
};

Encoder::Encoder(ModelConfig config, std::unique_ptr<WeightSource> source) : number_(next_number++), config_(config), source_(std::move(source)) {}
Encoder::~Encoder() = default;

Result<std::unique_ptr<Encoder>> Encoder::load(const std::filesystem::path& directory, const ModelConfig& config, Precision precision) {
    AGENTIC_TRY(const auto* library, OneDnn::get());
    AGENTIC_TRY(auto source, open_weights(directory));
    std::unique_ptr<Encoder> encoder(new Encoder(config, std::move(source)));
    AGENTIC_CHECK(encoder->read(*library, precision));
    return encoder;
}

Result<void> Encoder::read(const OneDnn& library, Precision precision) {
    precision_ = precision;
    products_ = std::make_unique<Products>(library, config_, precision);
    const Reader reader(*source_, config_);
    AGENTIC_TRY(words_, reader.words());
    AGENTIC_TRY(positions_, reader.positions());
    AGENTIC_TRY(second_type_, reader.second_type());
    AGENTIC_TRY(embedding_norm_, reader.norm("embeddings.LayerNorm"));
    AGENTIC_TRY(relative_bias_, reader.relative_bias());
    for (std::size_t i = 0; i < config_.layers; ++i) {
        AGENTIC_TRY(auto layer, reader.layer(i, *products_));
        layers_.push_back(std::move(layer));
    }
    return {};
}

void Encoder::run(std::span<const TokenSequence> sequences, float* out) const { pool(sequences, pass(sequences), out); }

void Encoder::run_first_tokens(std::span<const TokenSequence> sequences, float* out) const {
    const float* x = pass(sequences).x.as<float>();
    for (const auto& sequence : sequences) {
        out = std::copy_n(x, config_.hidden, out);
        x += sequence.ids.size() * config_.hidden;
    }
}

const Encoder::Workspace& Encoder::pass(std::span<const TokenSequence> sequences) const {
    struct Kept {
        std::uint64_t owner = 0;
        std::optional<Workspace> work;
    };
    thread_local Kept kept;
    std::size_t tokens = 0;
    for (const auto& sequence : sequences) {
        if (sequence.ids.size() > config_.longest()) throw std::length_error("a sequence is longer than the model");
        if (sequence.second < sequence.ids.size() && second_type_.empty()) throw std::logic_error("the model does not know pairs");
        tokens += sequence.ids.size();
    }
    if (kept.owner != number_ || kept.work->capacity < tokens) {
        kept.work.emplace(tokens, config_, precision_);
        kept.owner = number_;
    }
    Workspace& work = *kept.work;
    work.tokens = tokens;
    embed(sequences, work);
    for (const auto& layer : layers_) {
        const auto width = 3 * config_.hidden;
        for (std::size_t begin = 0; begin < tokens; begin += kBlock) {
            layer.query_key_value.run(work.in, begin, std::min(kBlock, tokens - begin), work.projected.as<float>() + begin * width, work.sums.as<std::int32_t>());
        }
        attend(layer, sequences, work);
        finish_layer(layer, work);
    }
    return work;
}

void Encoder::embed(std::span<const TokenSequence> sequences, Workspace& work) const {
    const auto n = config_.hidden;
    std::size_t row = 0;
    for (const auto& sequence : sequences) {
        for (std::size_t i = 0; i < sequence.ids.size(); ++i, ++row) {
            float* x = work.x.as<float>() + row * n;
            std::memcpy(x, words_.data() + static_cast<std::size_t>(sequence.ids[i]) * n, n * sizeof(float));
            if (i >= sequence.second) std::ranges::transform(std::span(x, n), second_type_, x, std::plus());
            normalise(embedding_norm_, x, positions_.data() + i * n);
            work.in.set_row(row, x);
        }
    }
}

void Encoder::attend(const Layer&, std::span<const TokenSequence> sequences, Workspace& work) const {
    const auto n = config_.hidden, size = config_.head_size(), width = 3 * n;
    std::size_t first = 0;
    for (const auto& sequence : sequences) {
        const float* q = work.projected.as<float>() + first * width;
        for (std::size_t head = 0; head < config_.heads; ++head) {
            const float* bias = relative_bias_.empty() ? nullptr : relative_bias_.data() + head * (2 * config_.longest() - 1) + config_.longest() - 1;
            kernels().attend({.q = q + head * size,
                              .k = q + n + head * size,
                              .v = q + 2 * n + head * size,
                              .stride = width,
                              .length = sequence.ids.size(),
                              .size = size,
                              .relative_bias = bias,
                              .out = work.context.as<float>() + first * n + head * size,
                              .out_stride = n,
                              .scratch = work.scratch.as<float>()});
        }
        first += sequence.ids.size();
    }
}

// A block of rows goes through all that is left of a layer while it is in the cache.
void Encoder::finish_layer(const Layer& layer, Workspace& work) const {
    const auto n = config_.hidden;
    float *y = work.y.as<float>(), *wide = work.wide.as<float>();
    auto* sums = work.sums.as<std::int32_t>();
    for (std::size_t begin = 0; begin < work.tokens; begin += kBlock) {
        const auto rows = std::min(kBlock, work.tokens - begin);
        float* x = work.x.as<float>() + begin * n;
        for (std::size_t r = 0; r < rows; ++r) work.in.set_row(begin + r, work.context.as<float>() + (begin + r) * n);
        layer.attention_output.run(work.in, begin, rows, y, sums);
        for (std::size_t r = 0; r < rows; ++r) {
            normalise(layer.attention_norm, x + r * n, y + r * n);
            work.in.set_row(begin + r, x + r * n);
        }
        layer.up.run_gelu(work.in, begin, rows, work.middle, wide, sums);
        layer.down.run(work.middle, 0, rows, y, sums);
        for (std::size_t r = 0; r < rows; ++r) {
            normalise(layer.output_norm, x + r * n, y + r * n);
            work.in.set_row(begin + r, x + r * n);
        }
    }
}

void Encoder::normalise(const Norm& norm, float* x, const float* y) const {
    kernels().add_and_normalise(x, y, norm.gamma.data(), norm.beta.data(), config_.layer_norm_epsilon, config_.hidden);
}

void Encoder::pool(std::span<const TokenSequence> sequences, const Workspace& work, float* out) const {
    const auto n = config_.hidden;
    const float* x = work.x.as<float>();
    for (const auto& sequence : sequences) {
        const auto rows = config_.pooling == Pooling::mean ? sequence.ids.size() : 1;
        std::fill_n(out, n, 0.0F);
        for (std::size_t r = 0; r < rows; ++r) {
            for (std::size_t i = 0; i < n; ++i) out[i] += x[r * n + i];
        }
        double squares = 0;  // the mean's divisor does not matter: the row is brought to length 1
        for (std::size_t i = 0; i < n; ++i) squares += static_cast<double>(out[i]) * out[i];
        const auto inverse = static_cast<float>(1 / std::max(std::sqrt(squares), 1e-12));
        for (std::size_t i = 0; i < n; ++i) out[i] *= inverse;
        x += sequence.ids.size() * n;
        out += n;
    }
}

}  // namespace agentic::embeddings
