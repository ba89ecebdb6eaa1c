#pragma once
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "core/error.hpp"
#include "embeddings/linear.hpp"
#include "embeddings/model_config.hpp"
#include "embeddings/safetensors.hpp"

namespace agentic::embeddings {

/// The transformer of BERT (arXiv:1810.04805) or MPNet (arXiv:2004.09297) up to the pooled sentence vector. Sequences of any length share one pass without
/// padding: the linear layers see all their tokens at once, attention one sequence at a time. Thread-safe; a call runs on its own thread alone.
class Encoder {
public:
    /// Reads `directory`/model.safetensors. Fails with `not_found`, `bad_request` (the file does not fit the configuration) or `unavailable` (no oneDNN).
    static Result<std::unique_ptr<Encoder>> load(const std::filesystem::path& directory, const ModelConfig& config, Precision precision);
    ~Encoder();

    /// Each sequence holds its special tokens and at most `config.longest()` tokens (else std::length_error), all within the vocabulary. Writes one row of `hidden` floats for each
    /// sequence, of length 1.
    void run(std::span<const std::span<const TokenId>> sequences, float* out) const;

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

    Encoder(ModelConfig config, Safetensors file);
    Result<void> read(const OneDnn& library, Precision precision);
    void embed(std::span<const std::span<const TokenId>> sequences, Workspace& work) const;
    void attend(const Layer& layer, std::span<const std::span<const TokenId>> sequences, Workspace& work) const;
    void finish_layer(const Layer& layer, Workspace& work) const;
    void normalise(const Norm& norm, float* x, const float* y) const;
    void pool(std::span<const std::span<const TokenId>> sequences, const Workspace& work, float* out) const;

    std::uint64_t number_;  // of this encoder in the process: what threads keep for it is theirs alone
    ModelConfig config_;
    Safetensors file_;
    Precision precision_ = Precision::fp32;
    std::unique_ptr<Products> products_;
    Floats words_;
    std::vector<float> positions_;      // of position and token type 0, added
    Norm embedding_norm_;
    std::vector<Layer> layers_;
    std::vector<float> relative_bias_;  // [head][key - query + longest - 1]; empty for BERT
};

}  // namespace agentic::embeddings
