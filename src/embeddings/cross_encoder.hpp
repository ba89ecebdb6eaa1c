#pragma once
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "embeddings/encoder.hpp"

namespace agentic::embeddings {

/// BERT with a classifier of one label over the first token of a pair (BertForSequenceClassification). Thread-safe, as Encoder is.
class CrossEncoder {
public:
    /// `bad_request`, naming the field of config.json, for a model that is none.
    static Result<void> check(const ModelConfig& config);
    /// Fails as Encoder::load does, and as check().
    static Result<std::unique_ptr<CrossEncoder>> load(const std::filesystem::path& directory, const ModelConfig& config, Precision precision);

    /// Writes one score for each pair, from 0 to 1: the logistic function of the classifier's output.
    void score(std::span<const TokenSequence> pairs, float* out) const;

private:
    /// The layers above the encoder; they see one row for each pair, so plain loops in single precision do.
    struct Head {
        std::vector<float> pooler, pooler_bias, classifier;
        float bias = 0;
    };

    CrossEncoder(std::unique_ptr<Encoder> encoder, Head head) : encoder_(std::move(encoder)), head_(std::move(head)) {}
    static Result<Head> read_head(const std::filesystem::path& directory, std::size_t hidden);
    float score_of(std::span<const float> first_token) const;

    std::unique_ptr<Encoder> encoder_;
    Head head_;
};

}  // namespace agentic::embeddings
