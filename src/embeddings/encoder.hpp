#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "core/error.hpp"
#include "embeddings/linear.hpp"
#include "embeddings/model_config.hpp"
#include "embeddings/weight_source.hpp"

namespace agentic::embeddings {

/// The ids of one sequence, special tokens included. Those from `second` on are of token type 1: the second text of a pair.
struct TokenSequence {
    std::span<const TokenId> ids;
    std::size_t second = SIZE_MAX;
};

/// The transformer of BERT (arXiv:1810.04805) or MPNet (arXiv:2004.09297) up to the pooled sentence vector. Sequences of any length share one pass without
/// padding: the linear layers see all their tokens at once, attention one sequence at a time. Thread-safe; a call runs on its own thread alone.
class Encoder {
public:
    /// Reads the weights in `directory`. Fails with `not_found`, `bad_request` (the file does not fit the configuration) or `unavailable` (no oneDNN).
    static Result<std::unique_ptr<Encoder>> load(const std::filesystem::path& directory, const ModelConfig& config, Precision precision);
    ~Encoder();

    /// Each sequence holds at most `config.longest()` tokens (else std::length_error), all within the vocabulary. Writes one row of `hidden` floats for each
    /// sequence: its vector, of length 1.
    void run(std::span<const TokenSequence> sequences, float* out) const;
    /// The same, but the rows are what the last layer makes of each sequence's first token.
    void run_first_tokens(std::span<const TokenSequence> sequences, float* out) const;

    const ModelConfig& config() const { return config_; }

private:
    struct Norm {
        Floats gamma, beta;
    };
    struct Layer {
        Linear query_key_value, attention_output, up, down;
        Norm attention_norm, output_norm;
    };
    struct Products;
    class Reader;
    struct Workspace;

    Encoder(ModelConfig config, std::unique_ptr<WeightSource> source);
    Result<void> read(const OneDnn& library, Precision precision);
    const Workspace& pass(std::span<const TokenSequence> sequences) const;
    void embed(std::span<const TokenSequence> sequences, Workspace& work) const;
    void attend(const Layer& layer, std::span<const TokenSequence> sequences, Workspace& work) const;
    void finish_layer(const Layer& layer, Workspace& work) const;
    void normalise(const Norm& norm, float* x, const float* y) const;
    void pool(std::span<const TokenSequence> sequences, const Workspace& work, float* out) const;

    std::uint64_t number_;  // of this encoder in the process: what threads keep for it is theirs alone
    ModelConfig config_;
    std::unique_ptr<WeightSource> source_;
    Precision precision_ = Precision::fp32;
    std::unique_ptr<Products> products_;
    Floats words_;
    std::vector<float> positions_;      // of position and token type 0, added
    std::vector<float> second_type_;    // what token type 1 adds to them; empty without one
    Norm embedding_norm_;
    std::vector<Layer> layers_;
    std::vector<float> relative_bias_;  // [head][key - query + longest - 1]; empty for BERT
};

}  // namespace agentic::embeddings
