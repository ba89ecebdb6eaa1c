#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "embeddings/embedder.hpp"
#include "embeddings/encoder.hpp"
#include "embeddings/loaded_once.hpp"
#include "embeddings/pool_model.hpp"
#include "embeddings/windows.hpp"

namespace agentic::embeddings {

/// What the operator may ask for; automatic is int8 where the processor multiplies 8-bit numbers without loss, else fp32.
enum class PrecisionChoice : std::uint8_t { automatic, fp32, int8 };

/// Fails with `unavailable` (no oneDNN).
Result<Precision> chosen(PrecisionChoice choice);

/// The tokenizer of a model directory. Fails with `not_found` or `bad_request`, also when it does not fit the model.
Result<WordPieceFiles> read_tokenizer(std::string_view name, const std::filesystem::path& directory, const ModelConfig& config);

/// A model directory in use. The tokenizer is read at once, the weights when the first text is embedded. Thread-safe.
class LocalModel final : public PoolModel {
public:
    /// Fails with `not_found` or `bad_request` and the reason.
    static Result<std::unique_ptr<LocalModel>> open(std::string name, std::filesystem::path directory, PrecisionChoice precision);

    const std::string& name() const { return name_; }
    const ModelConfig& config() const { return config_; }
    const WordPiece& tokenizer() const { return tokenizer_; }

    /// As load().
    Result<const Encoder*> encoder();

    /// What its vectors depend on besides the text, the same for every server with the same files: name, precision, and a hash over samples of the files.
    /// Does not load the weights. Fails with `unavailable` or `not_found`.
    Result<std::string> vector_space() const;

    /// The token ids of a text with special tokens: one sequence for each window. A query has one window, and the rest is cut.
    std::vector<std::vector<TokenId>> sequences(std::string_view text, Purpose purpose) const;

    std::size_t width() const override { return config_.hidden; }
    Result<void> load() override { return encoder().transform([](const auto*) {}); }
    SplitTexts split(std::span<const std::string> texts, Purpose purpose) const override;
    void run(std::span<const TokenSequence> sequences, float* out) override { (*encoder())->run(sequences, out); }

private:
    LocalModel(std::string name, std::filesystem::path directory, PrecisionChoice precision, ModelConfig config, const WordPieceFiles& files);

    std::string name_;
    std::filesystem::path directory_;
    PrecisionChoice precision_;
    ModelConfig config_;
    WordPiece tokenizer_;
    LoadedOnce<Encoder> encoder_;
};

}  // namespace agentic::embeddings
