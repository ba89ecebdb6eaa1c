#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "async/task_group.hpp"
#include "core/tenant.hpp"
#include "db/repositories/chunks.hpp"
#include "db/repositories/rag_queries.hpp"
#include "knowledge/fusion.hpp"
#include "knowledge/highlights.hpp"
#include "knowledge/metadata_filter.hpp"
#include "schemas/agents.hpp"
#include "services/knowledge/collection_indexes.hpp"
#include "services/knowledge/environment.hpp"

namespace agentic::services {

using SearchMode = schemas::RetrievalMode;

struct SearchRequest {
    std::string query;
    std::vector<Uuid> collection_ids;            // empty: all the asker may search
    std::size_t top_k = 5;
    SearchMode mode = SearchMode::hybrid;
    std::optional<double> threshold;             // 0..1, of the cosine or, where there is none, of the words' score relative to the best; never of a reranking model's
    knowledge::MetadataFilter filter;
    std::optional<Uuid> run_id;                  // of an agent's search: for the log
    bool rerank = false;                         // by the model that is configured for it, if any
    bool with_details = false;                   // hits carry their documents' metadata, and where the query's words stand
    bool skip_missing = false;                   // leave out collections that are gone, instead of failing
};

struct SearchHit {
    db::ChunkHitRow chunk;
    double score = 0;                            // the reranking model's; else cosine (vector), relative to the best hit (lexical), or fused (hybrid)
    std::optional<knowledge::RankAndScore> vector;
    std::optional<knowledge::RankAndScore> lexical;
    std::vector<knowledge::Highlight> highlights;           // with metadata, when the details were asked for
    std::optional<knowledge::RankAndScore> before_rerank;   // where it stood without the reranking model; none when there was no such order
    JsonText metadata{"{}"};                     // the document's
};

struct SearchResult {
    std::vector<SearchHit> hits;                 // best first
    SearchMode mode = SearchMode::hybrid;        // the one that answered
    std::vector<std::string> warnings;           // such as why it is not the one that was asked for
    std::chrono::microseconds took{0};
};

/// Who searches.
struct Searcher {
    TenantScope tenant;
    db::CollectionAccess access;
    Uuid user_id;
};

/// Finds chunks by meaning, by words, or by both. Every hit is looked up in the rows before it is answered, so nothing deleted and nothing foreign can be in an
/// answer, whatever an index holds. Each search is logged (rag_queries). Thread-safe.
class SearchService {
public:
    SearchService(KnowledgeEnvironment environment, CollectionIndexes& indexes) : env_(environment), indexes_(indexes) {}

    /// Fails with `not_found` (a collection that is missing, foreign or not the asker's), and for mode vector with `unavailable` when a collection's model is not
    /// installed, naming the command that mends it. Hybrid answers by words alone then, and says so; a search that cannot be reranked keeps its own order, and says so.
    Task<SearchResult> search(Searcher who, SearchRequest request);

    /// Waits for the log.
    Awaitable<void> stop();

private:
    struct Search;

    Task<std::vector<db::CollectionScopeRow>> collections_of(const Searcher& who, const SearchRequest& request);
    Task<> find_hits(Search& search);
    Task<> find_allowed(Search& search);
    Task<> by_vector(Search& search);
    Task<> by_words(Search& search);
    embeddings::Reranker* reranker_for(Search& search);
    Awaitable<void> rerank(Search& search, embeddings::Reranker& reranker);
    Task<> drop_deleted(Search& search);
    Task<> add_metadata(Search& search);
    Task<> add_highlights(Search& search);
    Task<> forget_gone(Search& search);
    Task<> look_up(Search& search, std::vector<knowledge::FusedHit> ranked);
    db::RagQueryRow log_row(const Search& search) const;
    Awaitable<void> log(TenantScope tenant, db::RagQueryRow row);

    KnowledgeEnvironment env_;
    CollectionIndexes& indexes_;
    async::TaskGroup log_group_{"rag_queries"};
};

}  // namespace agentic::services
