#include <cmath>

#include "api/endpoint.hpp"
#include "api/services.hpp"
#include "api/v1/knowledge_policy.hpp"
#include "api/v1/routes.hpp"
#include "schemas/rag.hpp"
#include "services/knowledge/context_text.hpp"
#include "services/knowledge/search.hpp"

namespace agentic::api::v1 {
namespace {

using schemas::RetrievalMode;

double milliseconds(std::chrono::microseconds took) { return std::round(static_cast<double>(took.count())) / 1000.0; }

std::optional<schemas::RankExplanation> wire_rank(const std::optional<knowledge::RankAndScore>& place) {
    if (!place) return std::nullopt;
    return schemas::RankExplanation{static_cast<std::int64_t>(place->rank), place->score};
}

/// What the three requests have in common.
struct Asked {
    std::string query;
    std::vector<Uuid> collection_ids;
    std::int64_t top_k = 5;
    RetrievalMode mode = RetrievalMode::hybrid;
    std::optional<double> threshold;
    std::optional<JsonText> filter;
    std::string_view filter_field = "metadata_filter";
    bool rerank = false;
    bool with_details = false;
};

std::vector<Uuid> ids_of(const std::optional<Uuid>& one, const std::optional<std::vector<Uuid>>& many) {
    if (one) return {*one};
    return many.value_or(std::vector<Uuid>());
}

Task<services::SearchResult> search(RequestContext& ctx, Asked asked) {
    services::SearchRequest request{.query = std::move(asked.query),
                                    .collection_ids = std::move(asked.collection_ids),
                                    .top_k = static_cast<std::size_t>(asked.top_k),
                                    .mode = asked.mode,
                                    .threshold = asked.threshold,
                                    .rerank = asked.rerank,
                                    .with_details = asked.with_details};
    if (asked.filter) {
        AGENTIC_CO_TRY(request.filter, knowledge::MetadataFilter::parse(asked.filter->text, asked.filter_field));
    }
    const services::Searcher who{ctx.op.tenant, db::CollectionAccess::of(ctx.op.principal), ctx.op.principal.user_id};
    co_return co_await ctx.services.search->search(who, std::move(request));
}

schemas::RagHit to_response(services::SearchHit hit, bool with_content, bool with_explanation) {
    schemas::RagHit out{.id = hit.chunk.id,
                        .document_id = hit.chunk.document_id,
                        .document_title = std::move(hit.chunk.document_title),
                        .collection_id = hit.chunk.collection_id,
                        .score = hit.score,
                        .page_number = hit.chunk.page_number,
                        .section = std::move(hit.chunk.section),
                        .sequence_number = hit.chunk.sequence_number,
                        .extra_metadata = std::move(hit.metadata)};
    if (with_content) out.content = std::move(hit.chunk.text);
    if (with_explanation) out.explain = schemas::HitExplanation{wire_rank(hit.vector), wire_rank(hit.lexical), wire_rank(hit.before_rerank), hit.before_rerank ? std::optional(hit.score) : std::nullopt};
    for (const auto& [begin, end] : hit.highlights) out.highlights.push_back({static_cast<std::int64_t>(begin), static_cast<std::int64_t>(end)});
    return out;
}

Task<schemas::RagResult> answer(RequestContext& ctx, Asked asked, bool with_content, bool with_explanation) {
    schemas::RagResult out{.query = asked.query};
    asked.with_details = true;
    AGENTIC_CO_TRY(auto result, co_await search(ctx, std::move(asked)));
    for (auto& hit : result.hits) out.results.push_back(to_response(std::move(hit), with_content, with_explanation));
    out.total_results = std::ssize(out.results);
    out.retrieval_time_ms = milliseconds(result.took);
    out.mode = result.mode;
    out.warnings = std::move(result.warnings);
    co_return out;
}

/// Fails as SearchService::search does, and with `validation_error` for a filter that is none.
Task<schemas::RagResult> rag_query(RequestContext& ctx, schemas::RagQuery in) {
    Asked asked{.query = std::move(in.query), .collection_ids = ids_of(in.collection_id, in.collection_ids), .top_k = in.top_k, .mode = in.mode, .threshold = in.similarity_threshold,
                .filter = std::move(in.metadata_filter), .rerank = in.rerank};
    co_return co_await answer(ctx, std::move(asked), in.include_content, in.explain);
}

Task<schemas::RagResult> collection_query(RequestContext& ctx, schemas::CollectionQuery in) {
    AGENTIC_CO_TRY(const auto id, ctx.path_id("collection_id", "Collection"));
    Asked asked{.query = std::move(in.query), .collection_ids = {id}, .top_k = in.top_k, .mode = in.mode, .threshold = in.similarity_threshold, .filter = std::move(in.filters),
                .filter_field = "filters", .rerank = in.rerank};
    co_return co_await answer(ctx, std::move(asked), in.include_content, in.explain);
}

/// The hits as one text for a prompt.
Task<schemas::RagContext> rag_context(RequestContext& ctx, schemas::RagContextRequest in) {
    Asked asked{.query = std::move(in.query), .collection_ids = ids_of(in.collection_id, in.collection_ids), .top_k = in.top_k, .mode = in.mode, .threshold = in.similarity_threshold,
                .filter = std::move(in.metadata_filter), .rerank = in.rerank};
    AGENTIC_CO_TRY(auto result, co_await search(ctx, std::move(asked)));
    schemas::RagContext out{.context = services::context_text(result.hits), .mode = result.mode, .warnings = std::move(result.warnings)};
    for (const auto& hit : result.hits) {
        out.sources.push_back({.number = std::ssize(out.sources) + 1,
                               .chunk_id = hit.chunk.id,
                               .document_id = hit.chunk.document_id,
                               .document_title = hit.chunk.document_title,
                               .collection_id = hit.chunk.collection_id,
                               .page_number = hit.chunk.page_number,
                               .section = hit.chunk.section,
                               .score = hit.score});
    }
    out.total_chunks = std::ssize(out.sources);
    out.retrieval_time_ms = milliseconds(result.took);
    co_return out;
}

}  // namespace

Routes rag_routes() {
    using enum http::Method;
    return {
        endpoint<rag_query>(post, "/v1/rag/query", "rag_query", "Knowledge", "Search", kReadKnowledge).repeats(Repeat::harmless).asks_a_provider(),
        endpoint<rag_context>(post, "/v1/rag/context", "rag_context", "Knowledge", "Search, as a text for a prompt", kReadKnowledge).repeats(Repeat::harmless).asks_a_provider(),
        endpoint<collection_query>(post, "/v1/rag/collections/{collection_id}/query", "collection_query", "Knowledge", "Search one collection", kReadKnowledge).repeats(Repeat::harmless).asks_a_provider(),
        endpoint<collection_query>(post, "/v1/collections/{collection_id}/query", "collection_query_short", "Knowledge", "Search one collection (short path)", kReadKnowledge).repeats(Repeat::harmless).asks_a_provider(),
    };
}

}  // namespace agentic::api::v1
