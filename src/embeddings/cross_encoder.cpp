#include "embeddings/cross_encoder.hpp"

#include <cmath>
#include <numeric>
#include <string>

namespace agentic::embeddings {
namespace {

Result<std::vector<float>> copied(const WeightSource& source, const std::string& name, std::initializer_list<std::size_t> shape) {
    AGENTIC_TRY(const auto values, source.floats(name, {shape.begin(), shape.size()}));
    return std::vector(values.span().begin(), values.span().end());
}

}  // namespace

Result<void> CrossEncoder::check(const ModelConfig& config) {
    if (config.family != Family::bert || config.labels != 1) return fail(ErrorCode::bad_request, "config.json: a reranking model is a BertForSequenceClassification with one label");
    if (config.token_types < 2) return fail(ErrorCode::bad_request, "config.json: type_vocab_size must be 2 for a reranking model");
    return {};
}

Result<std::unique_ptr<CrossEncoder>> CrossEncoder::load(const std::filesystem::path& directory, const ModelConfig& config, Precision precision) {
    AGENTIC_CHECK(check(config));
    AGENTIC_TRY(auto head, read_head(directory, config.hidden));
    AGENTIC_TRY(auto encoder, Encoder::load(directory, config, precision));
    return std::unique_ptr<CrossEncoder>(new CrossEncoder(std::move(encoder), std::move(head)));
}

// The pooler is named as a part of the encoder ("bert.pooler"), the classifier as its neighbour.
Result<CrossEncoder::Head> CrossEncoder::read_head(const std::filesystem::path& directory, std::size_t hidden) {
    AGENTIC_TRY(const auto source, open_weights(directory));
    const auto encoder = prefix_of(*source, "embeddings.word_embeddings.weight");
    const auto whole = encoder.ends_with("bert.") ? encoder.substr(0, encoder.size() - std::string_view("bert.").size()) : encoder;
    Head head;
    AGENTIC_TRY(head.pooler, copied(*source, encoder + "pooler.dense.weight", {hidden, hidden}));
    AGENTIC_TRY(head.pooler_bias, copied(*source, encoder + "pooler.dense.bias", {hidden}));
    AGENTIC_TRY(head.classifier, copied(*source, whole + "classifier.weight", {1, hidden}));
    AGENTIC_TRY(const auto bias, copied(*source, whole + "classifier.bias", {1}));
    head.bias = bias.front();
    return head;
}

void CrossEncoder::score(std::span<const TokenSequence> pairs, float* out) const {
    const auto hidden = encoder_->config().hidden;
    std::vector<float> rows(pairs.size() * hidden);
    encoder_->run_first_tokens(pairs, rows.data());
    for (std::size_t i = 0; i < pairs.size(); ++i) out[i] = score_of(std::span(rows).subspan(i * hidden, hidden));
}

float CrossEncoder::score_of(std::span<const float> first_token) const {
    const auto hidden = first_token.size();
    float logit = head_.bias;
    for (std::size_t o = 0; o < hidden; ++o) {
        const auto* weights = head_.pooler.data() + o * hidden;
        logit += head_.classifier[o] * std::tanh(std::inner_product(first_token.begin(), first_token.end(), weights, head_.pooler_bias[o]));
    }
    return 1 / (1 + std::exp(-logit));
}

}  // namespace agentic::embeddings
