#include "embeddings/local_reranker.hpp"

#include <algorithm>
#include <format>

#include "core/log.hpp"

namespace agentic::embeddings {
namespace {

constexpr std::size_t kSpecialTokens = 3;

}  // namespace

PairLengths fit_pair(std::size_t query, std::size_t passage, std::size_t room) {
    if (query + passage <= room) return {query, passage};
    const auto shorter = std::min(query, passage), longer = std::max(shorter, room - std::min(room, shorter));
    const bool both = shorter + longer > room;
    const PairLengths lengths = both ? PairLengths{room / 2, room - room / 2} : PairLengths{shorter, longer};
    return query <= passage ? lengths : PairLengths{lengths.passage, lengths.query};
}

Result<std::unique_ptr<RerankModel>> RerankModel::open(std::string name, std::filesystem::path directory, PrecisionChoice precision) {
    AGENTIC_TRY(const auto config, read_model_config(directory));
    AGENTIC_CHECK(CrossEncoder::check(config));
    AGENTIC_TRY(const auto files, read_tokenizer(name, directory, config));
    return std::unique_ptr<RerankModel>(new RerankModel(std::move(name), std::move(directory), precision, config, files));
}

RerankModel::RerankModel(std::string name, std::filesystem::path directory, PrecisionChoice precision, ModelConfig config, const WordPieceFiles& files)
    : name_(std::move(name)), directory_(std::move(directory)), precision_(precision), config_(config), tokenizer_(files) {}

Result<const CrossEncoder*> RerankModel::encoder() {
    return encoder_.get([this]() -> Result<std::unique_ptr<CrossEncoder>> {
        AGENTIC_TRY(const auto precision, chosen(precision_));
        auto encoder = CrossEncoder::load(directory_, config_, precision);
        if (!encoder) return fail(ErrorCode::unavailable, std::format("The reranking model {} cannot be used", name_), encoder.error().public_message);
        log::info("reranking_model_loaded", std::format("The reranking model {} is loaded ({}, {})", name_, precision == Precision::int8 ? "int8" : "fp32", kernels().instruction_set));
        return encoder;
    });
}

SplitTexts RerankModel::split(std::span<const std::string> texts, Purpose) const {
    SplitTexts out{.sequences = {}, .first = {0}};
    if (texts.empty()) return out;
    const auto room = config_.window - kSpecialTokens;
    const auto query = tokenizer_.encode(texts.front());
    for (const auto& text : texts) {
        if (&text == &texts.front()) {
            out.first.push_back(0);
            continue;
        }
        const auto passage = tokenizer_.encode(text, std::max(room, query.size()) + 1);  // enough to tell which is longer
        const auto kept = fit_pair(query.size(), passage.size(), room);
        auto& [ids, second] = out.sequences.emplace_back();
        ids.reserve(kept.query + kept.passage + kSpecialTokens);
        ids.push_back(tokenizer_.first());
        ids.insert(ids.end(), query.begin(), query.begin() + static_cast<std::ptrdiff_t>(kept.query));
        ids.push_back(tokenizer_.last());
        second = ids.size();
        ids.insert(ids.end(), passage.begin(), passage.begin() + static_cast<std::ptrdiff_t>(kept.passage));
        ids.push_back(tokenizer_.last());
        out.first.push_back(out.sequences.size());
    }
    return out;
}

Task<std::vector<double>> LocalReranker::score(std::string query, std::vector<std::string> passages, std::chrono::steady_clock::time_point until) {
    passages.insert(passages.begin(), std::move(query));
    AGENTIC_CO_TRY(const auto scored, co_await pool_.run(*model_, std::move(passages), Purpose::query, until));
    co_return std::vector<double>(scored.vectors.values.begin(), scored.vectors.values.end());
}

}  // namespace agentic::embeddings
