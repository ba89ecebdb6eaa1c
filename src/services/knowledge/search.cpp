#include "services/knowledge/search.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <cmath>
#include <functional>
#include <map>
#include <utility>

#include "async/offload.hpp"
#include "core/id_list.hpp"
#include "core/log.hpp"
#include "embeddings/reranker.hpp"
#include "knowledge/lexical_query.hpp"
#include "schema/enum.hpp"

namespace agentic::services {
namespace {

constexpr std::int64_t kCollectionsMax = 10'000;
constexpr std::int64_t kMetadataPerRead = 2'000;
constexpr std::size_t kFusionDepth = 100;
constexpr std::int64_t kWordHitsMax = 5'000;            // when a filter may leave few of them
constexpr std::chrono::seconds kIndexWait{10};
constexpr std::size_t kInlineRowsMax = 5'000;           // a scan of so many takes well under a millisecond
constexpr std::size_t kInlineTextBytesMax = 32u << 10;  // nor does marking words in so much take longer
constexpr int kRefillsMax = 3;
constexpr int kSearchesMax = 3;                         // when what was deleted meanwhile stands in the way of better hits
constexpr std::size_t kRerankedPerHit = 4, kRerankedMax = 100;
constexpr std::chrono::seconds kRerankWait{10};
constexpr std::string_view kOwnOrder = "; the order is the search's own";

}  // namespace

struct SearchService::Search {
    Searcher who;
    SearchRequest request;
    std::vector<db::CollectionScopeRow> collections;
    std::optional<std::unordered_set<Uuid>> allowed_documents;   // by the metadata filter
    std::vector<knowledge::RankedHit> vector_hits, word_hits;    // best first
    std::unordered_map<Uuid, Uuid> documents;                    // of the chunks among vector_hits
    std::vector<Uuid> gone;                                      // chunks that were hits, and that the rows do not have any more
    std::vector<std::shared_ptr<knowledge::VectorIndex>> indexes;
    std::size_t depth = 0;
    std::size_t wanted = 0;                                      // hits to look up: more than top_k when they are to be reranked
    std::optional<std::string> fallback;                         // why the answer is by words alone
    SearchResult result;

    std::vector<Uuid> collection_ids() const {
        std::vector<Uuid> ids;
        for (const auto& collection : collections) ids.push_back(collection.id);
        return ids;
    }
    void not_reranked(const Error& why) {
        log::warning("rerank_failed", "A search could not be reranked", {{"error", why.public_message}, {"reason", why.internal_context}});
        result.warnings.push_back("Not reranked: " + why.public_message + std::string(kOwnOrder));
    }
    bool allows(const Uuid& document) const { return !allowed_documents || allowed_documents->contains(document); }
};

Task<SearchResult> SearchService::search(Searcher who, SearchRequest request) {
    const auto started = env_.clock.steady();
    Search search{.who = who, .request = std::move(request)};
    AGENTIC_CO_TRY(search.collections, co_await collections_of(who, search.request));
    auto& result = search.result;
    result.mode = search.request.mode;
    search.depth = std::max(kFusionDepth, 2 * search.request.top_k);
    auto* const reranker = reranker_for(search);
    search.wanted = reranker == nullptr ? search.request.top_k : std::max(search.request.top_k, std::min(kRerankedPerHit * search.request.top_k, kRerankedMax));
    for (int searches = 1; !search.collections.empty(); ++searches) {
        AGENTIC_CO_CHECK(co_await find_hits(search));
        if (search.gone.empty()) break;
        AGENTIC_CO_CHECK(co_await forget_gone(search));
        if (result.hits.size() >= search.wanted || searches == kSearchesMax) break;
        AGENTIC_CO_TRY(search.collections, co_await collections_of(who, search.request));   // what took the place of the old is in their newer revision
    }
    if (search.fallback) result.warnings.push_back("Searched by words alone: " + *search.fallback);
    if (reranker != nullptr && !result.hits.empty()) {
        co_await rerank(search, *reranker);
        AGENTIC_CO_CHECK(co_await drop_deleted(search));
    }
    if (result.hits.size() > search.request.top_k) result.hits.resize(search.request.top_k);
    if (search.request.with_details) {
        AGENTIC_CO_CHECK(co_await add_metadata(search));
        AGENTIC_CO_CHECK(co_await add_highlights(search));
    }
    result.took = std::chrono::duration_cast<std::chrono::microseconds>(env_.clock.steady() - started);
    log_group_.spawn(co_await asio::this_coro::executor, log(who.tenant, log_row(search)));
    co_return std::move(search.result);
}

Task<> SearchService::find_hits(Search& search) {
    auto& mode = search.result.mode;
    mode = search.request.mode;
    search.fallback.reset();
    if (!search.request.filter.empty()) AGENTIC_CO_CHECK(co_await find_allowed(search));
    if (mode != SearchMode::lexical) {
        auto found = co_await by_vector(search);
        if (!found) {
            if (mode == SearchMode::vector || found.error().code != ErrorCode::unavailable) co_return std::unexpected(std::move(found).error());
            mode = SearchMode::lexical;
            search.fallback = found.error().public_message;
            search.vector_hits.clear();
        }
    }
    if (mode != SearchMode::vector) AGENTIC_CO_CHECK(co_await by_words(search));
    const knowledge::FusionOptions fusion{.vector_weight = mode == SearchMode::vector ? 1.0 : mode == SearchMode::lexical ? 0.0 : knowledge::FusionOptions{}.vector_weight};
    co_return co_await look_up(search, knowledge::fuse(search.vector_hits, search.word_hits, fusion));
}

Task<std::vector<db::CollectionScopeRow>> SearchService::collections_of(const Searcher& who, const SearchRequest& request) {
    AGENTIC_CO_TRY(auto all, co_await db::CollectionRepository(env_.db).scopes(who.tenant, who.access, kCollectionsMax));
    if (request.collection_ids.empty() && !request.skip_missing) co_return all;
    std::vector<db::CollectionScopeRow> wanted;
    for (const auto& id : request.collection_ids) {
        if (std::ranges::contains(wanted, id, &db::CollectionScopeRow::id)) continue;
        const auto found = std::ranges::find(all, id, &db::CollectionScopeRow::id);
        if (found != all.end()) wanted.push_back(*found);
        else if (!request.skip_missing) co_return fail_not_found("Collection");
    }
    co_return wanted;
}

Task<> SearchService::find_allowed(Search& search) {
    auto& allowed = search.allowed_documents.emplace();
    for (const auto& collection : search.collections) {
        Uuid after;
        for (;;) {
            AGENTIC_CO_TRY(const auto rows, co_await db::DocumentRepository(env_.db).metadata(search.who.tenant, collection.id, after, kMetadataPerRead));
            for (const auto& row : rows) {
                if (search.request.filter.matches(row.extra_metadata.text)) allowed.insert(row.id);
            }
            if (std::ssize(rows) < kMetadataPerRead) break;
            after = rows.back().id;
        }
    }
    co_return Result<void>{};
}

Task<> SearchService::by_vector(Search& search) {
    std::map<std::string, std::vector<float>, std::less<>> queries;   // by model
    const auto until = env_.clock.steady() + kIndexWait;
    search.indexes.clear();
    search.vector_hits.clear();
    search.documents.clear();
    for (const auto& collection : search.collections) {
        auto query = queries.find(collection.embedding_model);
        if (query == queries.end()) {
            AGENTIC_CO_TRY(auto* const embedder, env_.embedders.find(collection.embedding_model));
            std::vector<std::string> texts{search.request.query};
            AGENTIC_CO_TRY(auto embedded, co_await embedder->embed(search.who.tenant, std::move(texts), embeddings::Purpose::query));
            query = queries.emplace(collection.embedding_model, std::move(embedded.vectors.values)).first;
        }
        AGENTIC_CO_TRY(const auto index, co_await indexes_.current(search.who.tenant, collection, until));
        search.indexes.push_back(index);
        knowledge::ChunkFilter allow;
        if (search.allowed_documents) allow = [&search](const knowledge::ChunkKey& key) { return search.allows(key.document); };
        std::vector<knowledge::VectorHit> hits;
        if (index->rows() <= kInlineRowsMax) {
            hits = index->search(query->second, search.depth, allow);
        } else {
            AGENTIC_CO_TRY(hits, co_await async::offload(env_.searching, [&] { return index->search(query->second, search.depth, allow); }));
        }
        for (const auto& hit : hits) {
            search.vector_hits.push_back({hit.key.chunk, hit.score});
            search.documents.emplace(hit.key.chunk, hit.key.document);
        }
    }
    std::ranges::stable_sort(search.vector_hits, std::greater<>(), &knowledge::RankedHit::score);
    if (search.vector_hits.size() > search.depth) search.vector_hits.resize(search.depth);
    co_return Result<void>{};
}

Task<> SearchService::by_words(Search& search) {
    const auto limit = search.allowed_documents ? kWordHitsMax : static_cast<std::int64_t>(search.depth);
    const auto& query = search.request.query;
    auto terms = env_.db.engine() == db::Executor::Engine::sqlite ? knowledge::fts5_terms(query) : knowledge::tsquery_terms(query);
    AGENTIC_CO_TRY(const auto hits, co_await db::ChunkRepository(env_.db).search_words(search.who.tenant, search.collection_ids(), std::move(terms), limit));
    search.word_hits.clear();
    for (const auto& hit : hits) {
        if (search.allows(hit.document_id) && search.word_hits.size() < search.depth) search.word_hits.push_back({hit.id, hit.score});
    }
    co_return Result<void>{};
}

/// Fills the answer from the ranking with what the rows still have.
Task<> SearchService::look_up(Search& search, std::vector<knowledge::FusedHit> ranked) {
    const auto& request = search.request;
    auto& result = search.result;
    const double best_words = search.word_hits.empty() ? 0 : search.word_hits.front().score;
    const auto relative = [&](double score) { return best_words > 0 ? score / best_words : 1.0; };
    result.hits.clear();
    search.gone.clear();
    std::size_t next = 0;
    for (int round = 0; round <= kRefillsMax && next < ranked.size() && result.hits.size() < search.wanted; ++round) {
        std::vector<Uuid> ids;
        const auto first = next;
        for (; next < ranked.size() && ids.size() < 2 * search.wanted; ++next) ids.push_back(ranked[next].chunk);
        AGENTIC_CO_TRY(auto rows, co_await db::ChunkRepository(env_.db).hits(search.who.tenant, std::move(ids)));
        std::unordered_map<Uuid, db::ChunkHitRow*> by_id;
        for (auto& row : rows) by_id.emplace(row.id, &row);
        for (auto i = first; i < next && result.hits.size() < search.wanted; ++i) {
            const auto& hit = ranked[i];
            const auto row = by_id.find(hit.chunk);
            if (row == by_id.end()) {
                search.gone.push_back(hit.chunk);
                continue;
            }
            double score = hit.score;
            if (result.mode == SearchMode::vector && hit.vector) score = hit.vector->score;
            if (result.mode == SearchMode::lexical && hit.lexical) score = relative(hit.lexical->score);
            if (request.threshold) {
                const bool is_near = hit.vector && hit.vector->score >= *request.threshold;
                const bool has_words = result.mode != SearchMode::vector && hit.lexical && relative(hit.lexical->score) >= *request.threshold;
                if (!is_near && !has_words) continue;
            }
            result.hits.push_back({.chunk = std::move(*row->second), .score = score, .vector = hit.vector, .lexical = hit.lexical, .highlights = {}, .before_rerank = std::nullopt});
        }
    }
    co_return Result<void>{};
}

/// Takes what was deleted out of the indexes: the chunks, and all the others of a document that is gone as a whole.
Task<> SearchService::forget_gone(Search& search) {
    std::unordered_set<Uuid> documents;
    for (const auto& chunk : search.gone) {
        if (const auto found = search.documents.find(chunk); found != search.documents.end()) documents.insert(found->second);
    }
    if (!documents.empty()) {
        AGENTIC_CO_TRY(const auto left, co_await db::DocumentRepository(env_.db).metadata_of(search.who.tenant, {documents.begin(), documents.end()}));
        for (const auto& row : left) documents.erase(row.id);
    }
    co_return co_await async::offload(env_.searching, [&search, &documents] {
        for (const auto& index : search.indexes) {
            index->remove(search.gone);
            for (const auto& document : documents) index->remove_document(document);
        }
    });
}

/// The model that is to order the hits anew; nullptr, with a warning if one was asked for, when there is none.
embeddings::Reranker* SearchService::reranker_for(Search& search) {
    if (!search.request.rerank) return nullptr;
    const auto found = env_.embedders.reranker();
    if (!found) search.not_reranked(found.error());
    else if (*found == nullptr) search.result.warnings.push_back("No reranking model is installed" + std::string(kOwnOrder));
    return found.value_or(nullptr);
}

/// Orders the hits by the model's scores; those with the same score stay as they were.
Awaitable<void> SearchService::rerank(Search& search, embeddings::Reranker& reranker) {
    auto& hits = search.result.hits;
    std::vector<std::string> passages;
    for (const auto& hit : hits) passages.push_back(hit.chunk.text);
    auto scores = co_await reranker.score(search.request.query, std::move(passages), env_.clock.steady() + kRerankWait);
    if (scores && (scores->size() != hits.size() || !std::ranges::all_of(*scores, [](double score) { return std::isfinite(score); }))) {
        scores = fail(ErrorCode::internal_error, "The reranking model gave no scores");
    }
    if (!scores) co_return search.not_reranked(scores.error());
    for (std::size_t i = 0; i < hits.size(); ++i) hits[i].before_rerank = knowledge::RankAndScore{i + 1, std::exchange(hits[i].score, (*scores)[i])};
    std::ranges::stable_sort(hits, std::greater<>(), &SearchHit::score);
}

/// Reranking takes its time, in which a document can be deleted.
Task<> SearchService::drop_deleted(Search& search) {
    std::vector<Uuid> ids;
    for (const auto& hit : search.result.hits) ids.push_back(hit.chunk.id);
    AGENTIC_CO_TRY(const auto rows, co_await db::ChunkRepository(env_.db).hits(search.who.tenant, std::move(ids)));
    std::erase_if(search.result.hits, [&rows](const SearchHit& hit) { return !std::ranges::contains(rows, hit.chunk.id, &db::ChunkHitRow::id); });
    co_return Result<void>{};
}

/// Read once for each document, when it is known which are answered: many chunks of one document would carry it many times.
Task<> SearchService::add_metadata(Search& search) {
    auto& hits = search.result.hits;
    std::unordered_set<Uuid> documents;
    for (const auto& hit : hits) documents.insert(hit.chunk.document_id);
    if (documents.empty()) co_return Result<void>{};
    AGENTIC_CO_TRY(const auto rows, co_await db::DocumentRepository(env_.db).metadata_of(search.who.tenant, {documents.begin(), documents.end()}));
    std::unordered_map<Uuid, const JsonText*> by_id;
    for (const auto& row : rows) by_id.emplace(row.id, &row.extra_metadata);
    std::erase_if(hits, [&by_id](const SearchHit& hit) { return !by_id.contains(hit.chunk.document_id); });   // deleted meanwhile
    for (auto& hit : hits) hit.metadata = *by_id.at(hit.chunk.document_id);
    co_return Result<void>{};
}

Task<> SearchService::add_highlights(Search& search) {
    std::size_t bytes = 0;
    for (const auto& hit : search.result.hits) bytes += hit.chunk.text.size();
    const auto mark = [&search] {
        for (auto& hit : search.result.hits) hit.highlights = knowledge::highlights(hit.chunk.text, search.request.query);
    };
    if (bytes > kInlineTextBytesMax) co_return co_await async::offload(env_.searching, mark);
    mark();
    co_return Result<void>{};
}

db::RagQueryRow SearchService::log_row(const Search& search) const {
    std::vector<Uuid> chunks;
    for (const auto& hit : search.result.hits) chunks.push_back(hit.chunk.id);
    const auto now = env_.clock.now();
    return {.id = make_uuid_v7(now.unix_ms()),
            .user_id = search.who.user_id,
            .run_id = search.request.run_id,
            .query = search.request.query,
            .collection_ids = ids_to_json(search.collection_ids()),
            .mode = std::string(schema::enum_text(search.result.mode)),
            .top_k = static_cast<std::int64_t>(search.request.top_k),
            .chunk_ids = ids_to_json(chunks),
            .result_count = std::ssize(chunks),
            .retrieval_time_us = search.result.took.count(),
            .created_at = now};
}

Awaitable<void> SearchService::log(TenantScope tenant, db::RagQueryRow row) {
    const auto stored = co_await db::RagQueryRepository(env_.db).insert(tenant, std::move(row));
    if (!stored) log::warning("rag_query_not_logged", "A query could not be logged", {{"error", stored.error().public_message}});
}

Awaitable<void> SearchService::stop() { co_await log_group_.join(); }

}  // namespace agentic::services
