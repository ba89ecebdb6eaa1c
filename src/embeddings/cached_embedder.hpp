#pragma once
#include <map>
#include <memory>
#include <string>

#include "embeddings/flights.hpp"
#include "embeddings/vector_cache.hpp"
#include "embeddings/vector_source.hpp"

namespace agentic::embeddings {

struct EmbedderFacts {
    std::string model;
    std::size_t dimensions = 0;
    std::size_t window = 0;
    const TokenCounter& tokens;
    std::string space = {};  // what a vector depends on besides its text; empty: the model's name says it all
};

/// An Embedder over a source of vectors: keeps what was embedded, and lets callers that want the same text at the same time share one call.
class CachedEmbedder final : public Embedder {
public:
    /// `shared` may be null.
    CachedEmbedder(EmbedderFacts facts, std::unique_ptr<VectorSource> source, VectorCache& cache, SharedVectorCache* shared);

    std::string_view model() const override { return facts_.model; }
    std::size_t dimensions() const override { return facts_.dimensions; }
    std::size_t window() const override { return facts_.window; }
    const TokenCounter& tokens() const override { return facts_.tokens; }
    Task<EmbeddedTexts> embed(TenantScope tenant, std::vector<std::string> texts, Purpose purpose) override;

private:
    struct Request;
    class Owned;
    Awaitable<void> ask_shared(TenantScope tenant, Request& request);
    Task<> fetch(TenantScope tenant, Request& request, Purpose purpose, Owned& owned);
    Task<bool> await_others(Request& request);
    void sort_out(Request& request, Owned& owned);
    EmbeddedTexts assemble(const Request& request) const;

    EmbedderFacts facts_;
    const std::unique_ptr<VectorSource> source_;
    VectorCache& cache_;
    SharedVectorCache* const shared_;
    Flights flights_;
};

}  // namespace agentic::embeddings
