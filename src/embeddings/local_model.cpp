#include "embeddings/local_model.hpp"

#include <format>

#include "core/log.hpp"
#include "embeddings/fingerprint.hpp"

namespace agentic::embeddings {
namespace {

constexpr std::size_t kSpecialTokens = 2;
constexpr std::size_t kOverlapDivisor = 8;  // windows of 254 tokens share 31: a sentence or two, so that no sentence is only seen cut

}  // namespace

Result<Precision> chosen(PrecisionChoice choice) {
    AGENTIC_TRY(const auto* library, OneDnn::get());
    if (choice == PrecisionChoice::automatic) return library->has_int8() ? Precision::int8 : Precision::fp32;
    return choice == PrecisionChoice::int8 ? Precision::int8 : Precision::fp32;
}

Result<WordPieceFiles> read_tokenizer(std::string_view name, const std::filesystem::path& directory, const ModelConfig& config) {
    AGENTIC_TRY(auto files, read_wordpiece(directory));
    if (files.pieces.size() > config.vocabulary) return fail(ErrorCode::bad_request, std::format("{}: the tokenizer knows more tokens than the model", name));
    return files;
}

Result<std::unique_ptr<LocalModel>> LocalModel::open(std::string name, std::filesystem::path directory, PrecisionChoice precision) {
    AGENTIC_TRY(const auto config, read_model_config(directory));
    if (config.labels > 0) return fail(ErrorCode::bad_request, std::format("{} gives scores, not vectors: it can be used for reranking only", name));
    AGENTIC_TRY(const auto files, read_tokenizer(name, directory, config));
    return std::unique_ptr<LocalModel>(new LocalModel(std::move(name), std::move(directory), precision, config, files));
}

LocalModel::LocalModel(std::string name, std::filesystem::path directory, PrecisionChoice precision, ModelConfig config, const WordPieceFiles& files)
    : name_(std::move(name)), directory_(std::move(directory)), precision_(precision), config_(config), tokenizer_(files) {}

Result<const Encoder*> LocalModel::encoder() {
    return encoder_.get([this]() -> Result<std::unique_ptr<Encoder>> {
        AGENTIC_TRY(const auto precision, chosen(precision_));
        auto encoder = Encoder::load(directory_, config_, precision);
        if (!encoder) return fail(ErrorCode::unavailable, std::format("The embedding model {} cannot be used; install it anew with: agentic models install {}", name_, name_), encoder.error().public_message);
        log::info("embedding_model_loaded", std::format("The embedding model {} is loaded ({}, {})", name_, precision == Precision::int8 ? "int8" : "fp32", kernels().instruction_set));
        return encoder;
    });
}

SplitTexts LocalModel::split(std::span<const std::string> texts, Purpose purpose) const {
    SplitTexts out;
    for (const auto& text : texts) {
        out.first.push_back(out.sequences.size());
        for (auto& sequence : sequences(text, purpose)) out.sequences.push_back({std::move(sequence)});
    }
    out.first.push_back(out.sequences.size());
    return out;
}

Result<std::string> LocalModel::vector_space() const {
    AGENTIC_TRY(const auto precision, chosen(precision_));
    AGENTIC_TRY(const auto files, fingerprint_of(directory_));
    return std::format("{}/{}/{}", name_, precision == Precision::int8 ? "int8" : "fp32", files);
}

std::vector<std::vector<TokenId>> LocalModel::sequences(std::string_view text, Purpose purpose) const {
    const auto capacity = config_.window - kSpecialTokens;
    const auto ids = tokenizer_.encode(text, purpose == Purpose::query ? capacity : SIZE_MAX);
    std::vector<std::vector<TokenId>> out;
    for (const auto [begin, end] : windows_of(ids.size(), capacity, capacity / kOverlapDivisor)) {
        auto& sequence = out.emplace_back();
        sequence.reserve(end - begin + kSpecialTokens);
        sequence.push_back(tokenizer_.first());
        sequence.insert(sequence.end(), ids.begin() + static_cast<std::ptrdiff_t>(begin), ids.begin() + static_cast<std::ptrdiff_t>(end));
        sequence.push_back(tokenizer_.last());
    }
    return out;
}

}  // namespace agentic::embeddings
