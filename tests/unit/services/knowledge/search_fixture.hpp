#pragma once
// What the suites of services/knowledge have in common: a database, a clock and fakes for everything outside.
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "db/repositories/documents.hpp"
#include "embeddings/estimated_tokens.hpp"
#include "embeddings/reranker.hpp"
#include "services/knowledge/search.hpp"
#include "support/database.hpp"
#include "support/tenants.hpp"

namespace agentic::services::test {

using agentic::test::TempDir, agentic::test::TestDatabase, agentic::test::TestTenant, agentic::test::TestUser;

/// Every file holds the same text.
struct FakeExtractor final : knowledge::DocumentExtractor {
    Task<knowledge::ExtractedDocument> extract(std::filesystem::path, std::string, std::string) override { co_return knowledge::ExtractedDocument{.text = text}; }

    std::string text = "Some words of a document.";
};

struct FakeFetcher final : UrlFetcher {
    Task<FetchedFile> fetch(std::string, std::size_t) override { co_return FetchedFile{.bytes = "the same everywhere", .media_type = "text/plain"}; }
};

/// Scores by a function of the passage, or fails.
struct FakeReranker final : embeddings::Reranker {
    std::string_view model() const override { return "fake"; }
    Task<std::vector<double>> score(std::string query, std::vector<std::string> passages, std::chrono::steady_clock::time_point) override {
        queries.push_back(std::move(query));
        seen = passages;
        if (failure) co_return std::unexpected(*failure);
        if (meanwhile) co_await meanwhile();
        std::vector<double> out;
        for (const auto& passage : passages) out.push_back(score_of(passage));
        co_return out;
    }

    std::function<double(const std::string&)> score_of;
    std::function<Awaitable<void>()> meanwhile;
    std::optional<Error> failure;
    std::vector<std::string> queries, seen;
};

/// Everything is at {1, 0}.
struct FakeEmbedder final : embeddings::Embedder {
    std::string_view model() const override { return "m"; }
    std::size_t dimensions() const override { return 2; }
    std::size_t window() const override { return 512; }
    const embeddings::TokenCounter& tokens() const override { return estimate; }
    Task<embeddings::EmbeddedTexts> embed(TenantScope, std::vector<std::string> texts, embeddings::Purpose) override {
        if (meanwhile) co_await std::exchange(meanwhile, nullptr)();
        embedded += texts.size();
        embeddings::EmbeddedTexts out{.vectors = {.dimensions = 2, .values = {}}, .first = {0}};
        for (std::size_t i = 0; i < texts.size(); ++i) {
            out.vectors.values.insert(out.vectors.values.end(), {1.0F, 0.0F});
            out.first.push_back(i + 1);
        }
        co_return out;
    }

    embeddings::EstimatedTokens estimate;
    std::function<Awaitable<void>()> meanwhile;   // during the next call
    std::size_t embedded = 0;                     // texts so far
};

struct FakeEmbedders final : embeddings::Embedders {
    Result<embeddings::Embedder*> find(std::string_view) override {
        if (installed == nullptr) return fail(ErrorCode::unavailable, "not here");
        return installed;
    }
    std::optional<std::size_t> dimensions_of(std::string_view) const override { return installed == nullptr ? std::nullopt : std::optional<std::size_t>(2); }
    Result<embeddings::Reranker*> reranker() override {
        if (failure) return std::unexpected(*failure);
        return chosen;
    }

    embeddings::Embedder* installed = nullptr;
    embeddings::Reranker* chosen = nullptr;
    std::optional<Error> failure;
};

struct Fixture {
    TestDatabase database;
    TempDir folder;
    agentic::test::FakeClock clock;
    async::WorkPool work{"work", 1, 100};
    BlobStore blobs{folder / "blobs", work};
    FakeExtractor extractor;
    FakeFetcher fetcher;
    FakeReranker reranker;
    FakeEmbedders embedders;
    CollectionIndexes indexes{clock, *database, work, work, {}};
    KnowledgeEnvironment environment{.clock = clock, .db = *database, .blobs = blobs, .extractor = extractor, .fetcher = fetcher, .embedders = embedders, .searching = work, .cutting = work};
    SearchService service{environment, indexes};

    Uuid new_id() { return make_uuid_v7(clock.now().unix_ms()); }

    Awaitable<TestUser> user(std::string slug) {
        auto tenant = co_await TestTenant::create(*database, clock, std::move(slug));
        co_return co_await tenant.add_user(*database, clock, Role::member);
    }
    Awaitable<Uuid> collection(TestUser user) {
        const db::CollectionRow row{.id = new_id(), .name = "c", .embedding_model = "m", .embedding_dimensions = 2, .created_by = user.principal.user_id, .created_at = clock.now(), .updated_at = clock.now()};
        (co_await db::CollectionRepository(*database).insert(user.scope, row)).value();
        co_return row.id;
    }
    db::DocumentRow draft(Uuid collection_id, std::string title) {
        return {.id = new_id(), .collection_id = collection_id, .title = title, .source = DocumentSource::text, .source_key = "text:" + title, .media_type = "text/plain",
                .size_bytes = 10, .sha256 = title + "1", .blob = "b", .created_at = clock.now(), .updated_at = clock.now()};
    }
    /// Stores the document, or its next version, whose chunks are `texts`, all at `vector` if there is one; found from then on.
    Awaitable<void> publish(TestUser user, db::DocumentRow document, std::vector<std::string> texts, std::vector<float> vector = {}) {
        db::Batch batch;
        if (document.version == 1) {
            batch.push_back(db::DocumentRepository::insert_step(user.scope, document));
        } else {
            auto stored = document;
            stored.version -= 1;
            stored.sha256 = document.title + std::to_string(document.version);
            batch.push_back(db::DocumentRepository::next_version_step(user.scope, stored));
        }
        for (auto& text : texts) {
            const auto id = new_id();
            batch.push_back(db::ChunkRepository::insert_step(
                user.scope, document.version,
                {.id = id, .collection_id = document.collection_id, .document_id = document.id, .sequence_number = document.total_chunks++, .text = text}));
            batch.push_back(db::ChunkRepository::words_step(user.scope, id, text));
            if (!vector.empty()) batch.push_back(db::ChunkRepository::vectors_step(user.scope, document.collection_id, 1, id, db::to_blob(vector)));
        }
        batch.push_back(db::DocumentRepository::start_step(user.scope, {document.id, document.version}, 1, clock.now()));
        batch.push_back(db::CollectionRepository::advance_step(user.scope, document.collection_id, 1));
        batch.push_back(db::DocumentRepository::complete_step(user.scope, {document.id, document.version}, document));
        (co_await database->batch(user.scope, std::move(batch))).value();
    }
    Awaitable<void> remove(TestUser user, Uuid document) {
        db::Batch batch;
        batch.push_back(db::DocumentRepository::remove_step(user.scope, document, std::nullopt, clock.now()));
        (co_await database->batch(user.scope, std::move(batch))).value();
    }

    /// A user with a collection of one document, whose chunks are `texts`.
    Awaitable<TestUser> user_with(std::string slug, std::vector<std::string> texts) {
        const auto owner = co_await user(std::move(slug));
        co_await publish(owner, draft(co_await collection(owner), "d"), std::move(texts));
        co_return owner;
    }

    Task<SearchResult> search(TestUser user, SearchRequest request) {
        return service.search({user.scope, db::CollectionAccess::of(user.principal), user.principal.user_id}, std::move(request));
    }
    Task<SearchResult> search(TestUser user, std::string query, std::size_t top_k, bool rerank = true, std::optional<double> threshold = {}) {
        SearchRequest request{.query = std::move(query), .top_k = top_k, .mode = SearchMode::lexical, .threshold = threshold, .rerank = rerank};
        return search(user, std::move(request));
    }
};

}  // namespace agentic::services::test
