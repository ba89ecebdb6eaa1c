#pragma once
#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/secret.hpp"
#include "embeddings/byte_pairs.hpp"
#include "embeddings/embedder.hpp"
#include "embeddings/encoder_pool.hpp"
#include "embeddings/estimated_tokens.hpp"
#include "embeddings/local_model.hpp"
#include "embeddings/model_store.hpp"
#include "embeddings/model_table.hpp"
#include "embeddings/reranker.hpp"
#include "embeddings/vector_cache.hpp"
#include "http/outbound.hpp"

namespace agentic::embeddings {

/// A model of the OpenAI-compatible server.
struct CompatibleModel {
    std::string name;
    std::size_t dimensions = 0;
};

struct EmbeddersConfig {
    std::vector<std::filesystem::path> folders;  // of local models
    PrecisionChoice precision = PrecisionChoice::automatic;
    std::size_t threads = 1;
    std::size_t cache_bytes = 64U << 20;
    std::string openai_base_url;
    Secret openai_api_key;
    std::string compatible_base_url;             // empty: none
    Secret compatible_api_key;
    std::vector<CompatibleModel> compatible_models;
    std::string rerank_model;                    // a name in the folders, or a directory; empty: none
};

/// The models of this installation. Each is opened when it is first asked for; memory and threads are used from then on. Thread-safe.
class ConfiguredEmbedders final : public Embedders {
public:
    /// `shared_cache` may be null.
    ConfiguredEmbedders(EmbeddersConfig config, http::OutboundClient& outbound, SharedVectorCache* shared_cache = nullptr);
    ~ConfiguredEmbedders() override;

    Result<Embedder*> find(std::string_view model) override;
    std::optional<std::size_t> dimensions_of(std::string_view model) const override;
    Result<Reranker*> reranker() override;

    /// Loads a local model's weights, so that the first request need not wait for them.
    Task<> warm(std::string model);

private:
    struct Open;
    Result<std::unique_ptr<Open>> open(const std::string& name);
    Result<std::unique_ptr<Open>> open_local(const std::string& name, const std::filesystem::path& directory);
    std::unique_ptr<Open> open_remote(const std::string& name, std::size_t dimensions, const KnownModel* openai);
    EncoderPool& pool();
    const CompatibleModel* compatible(std::string_view name) const;
    const TokenCounter& counter_of(const KnownModel* model);

    const EmbeddersConfig config_;
    const ModelStore store_;
    http::OutboundClient& outbound_;
    SharedVectorCache* const shared_cache_;
    const EstimatedTokens estimate_;
    VectorCache cache_;
    std::mutex mutex_;
    std::unique_ptr<BytePairs> openai_tokens_;  // null until an OpenAI model is opened, and without its vocabulary
    std::unique_ptr<EncoderPool> pool_;
    std::map<std::string, std::unique_ptr<Open>, std::less<>> open_;
    std::unique_ptr<Reranker> reranker_;
};

}  // namespace agentic::embeddings
