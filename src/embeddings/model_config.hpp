#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "core/error.hpp"
#include "embeddings/wordpiece.hpp"

namespace agentic::embeddings {

enum class Family : std::uint8_t { bert, mpnet };
enum class Pooling : std::uint8_t { mean, first_token };

/// The shape of an encoder, as config.json and the files of sentence-transformers beside it give it.
struct ModelConfig {
    Family family = Family::bert;
    std::size_t layers = 0, hidden = 0, heads = 0, feed_forward = 0;
    std::size_t vocabulary = 0, positions = 0, token_types = 0;
    std::size_t relative_buckets = 0;  // MPNet
    std::size_t first_position = 0;    // position number of the first token: MPNet counts from its padding id + 1
    float layer_norm_epsilon = 0;
    std::size_t window = 0;            // tokens, special tokens included
    Pooling pooling = Pooling::mean;
    std::size_t labels = 0;            // of a model with a classifier on top; 0: it has none

    /// The longest sequence that has positions; `window` is at most this.
    std::size_t longest() const { return positions - first_position; }
    std::size_t head_size() const { return hidden / heads; }
};

/// `not_found` without a config.json; `bad_request`, naming the field, when this program cannot run the model.
Result<ModelConfig> read_model_config(const std::filesystem::path& directory);

/// From tokenizer.json, or vocab.txt and tokenizer_config.json.
Result<WordPieceFiles> read_wordpiece(const std::filesystem::path& directory);

}  // namespace agentic::embeddings
