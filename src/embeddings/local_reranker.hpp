#pragma once
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "embeddings/cross_encoder.hpp"
#include "embeddings/encoder_pool.hpp"
#include "embeddings/local_model.hpp"
#include "embeddings/reranker.hpp"

namespace agentic::embeddings {

/// A directory with a cross-encoder in use. Its first text is the query, each further one a passage: `[CLS] query [SEP] passage [SEP]`, token types 0 and 1.
class RerankModel final : public PoolModel {
public:
    /// Fails with `not_found` or `bad_request` and the reason.
    static Result<std::unique_ptr<RerankModel>> open(std::string name, std::filesystem::path directory, PrecisionChoice precision);

    const std::string& name() const { return name_; }

    std::size_t width() const override { return 1; }
    Result<void> load() override { return encoder().transform([](const auto*) {}); }
    SplitTexts split(std::span<const std::string> texts, Purpose purpose) const override;
    void run(std::span<const TokenSequence> sequences, float* out) override { (*encoder())->score(sequences, out); }

private:
    RerankModel(std::string name, std::filesystem::path directory, PrecisionChoice precision, ModelConfig config, const WordPieceFiles& files);
    Result<const CrossEncoder*> encoder();

    std::string name_;
    std::filesystem::path directory_;
    PrecisionChoice precision_;
    ModelConfig config_;
    WordPiece tokenizer_;
    LoadedOnce<CrossEncoder> encoder_;
};

/// Tokens of a query and of a passage that a pair keeps.
struct PairLengths {
    std::size_t query = 0, passage = 0;
};

/// What is left of a pair in `room` tokens, as the reference tokenizer cuts it ("longest first"): from the longer text until both are equally long, then from both in
/// turn; of two equal ones the passage counts as the longer.
PairLengths fit_pair(std::size_t query, std::size_t passage, std::size_t room);

/// One RerankModel behind the pool, in the lane of queries. The pool ends first: it may still work on what a caller has given up.
class LocalReranker final : public Reranker {
public:
    LocalReranker(EncoderPool& pool, std::unique_ptr<RerankModel> model) : pool_(pool), model_(std::move(model)) {}

    std::string_view model() const override { return model_->name(); }
    Task<std::vector<double>> score(std::string query, std::vector<std::string> passages, std::chrono::steady_clock::time_point until) override;

private:
    EncoderPool& pool_;
    std::unique_ptr<RerankModel> model_;
};

}  // namespace agentic::embeddings
