#include "services/knowledge/ingest_job.hpp"

#include <algorithm>
#include <utility>

#include "async/offload.hpp"
#include "core/fault.hpp"
#include "core/log.hpp"
#include "embeddings/estimated_tokens.hpp"
#include "knowledge/clean_text.hpp"
#include "knowledge/lexical_query.hpp"
#include "services/knowledge/collection_indexes.hpp"
#include "services/knowledge/digest.hpp"
#include "services/knowledge/held_batch.hpp"
#include "services/knowledge/job_kinds.hpp"

namespace agentic::services {
namespace {

constexpr std::size_t kChunksPerBatch = 32;
constexpr std::int64_t kDeletesPerBatch = 200;
constexpr std::int64_t kStarted = 1, kFetched = 5, kExtracted = 10, kCut = 15;   // percent; the rest is embedding and storing

knowledge::ChunkingStrategy strategy_of(Chunking chunking) {
    switch (chunking) {
        case Chunking::fixed: return knowledge::ChunkingStrategy::fixed;
        case Chunking::semantic: return knowledge::ChunkingStrategy::semantic;
        case Chunking::sentence: return knowledge::ChunkingStrategy::sentence;
    }
    return knowledge::ChunkingStrategy::fixed;
}

JsonText pages_json(const std::vector<knowledge::PageStart>& pages) {
    std::string out = "[";
    for (const auto& [at, page] : pages) {
        if (out.size() > 1) out += ',';
        out += "[" + std::to_string(at) + "," + std::to_string(page) + "]";
    }
    return {out += ']'};
}

std::optional<std::string> non_empty(const std::string& text) { return text.empty() ? std::nullopt : std::optional(text); }

// Where the collection's model is not installed.
const embeddings::EstimatedTokens kEstimate;

auto access() { return db::CollectionAccess::whole_tenant("the upload was allowed when it was asked for"); }

}  // namespace

struct IngestJob::Work {
    JobTask& task;
    db::DocumentVersion version;
    db::DocumentRow document;
    db::CollectionRow collection;
    embeddings::Embedder* embedder = nullptr;   // none: the model is not installed, and words alone are indexed
    knowledge::ExtractedDocument text;
    std::vector<knowledge::Chunk> chunks;

    bool is_superseded() const { return document.version != version.version || document.status == DocumentStatus::completed; }
};

std::string_view IngestJob::kind() const { return kIngestJob; }

Task<db::Batch> IngestJob::run(JobTask& task) {
    Work work{.task = task, .version = {task.row.subject_id, version_of(task.row)}};
    AGENTIC_CO_TRY(work.document, co_await db::DocumentRepository(env_.db).find(task.tenant, access(), work.version.document_id));
    if (work.is_superseded()) co_return db::Batch();
    AGENTIC_CO_TRY(work.collection, co_await db::CollectionRepository(env_.db).find(task.tenant, access(), work.document.collection_id));
    AGENTIC_CO_CHECK(co_await begin(work));
    if (!work.document.blob) AGENTIC_CO_CHECK(co_await fetch(work));
    AGENTIC_CO_CHECK(co_await extract(work));
    AGENTIC_CO_CHECK(co_await cut(work));
    AGENTIC_CO_CHECK(co_await forget_earlier_attempts(work));
    AGENTIC_CO_CHECK(co_await store_chunks(work));
    co_return closing(work);
}

/// Every write but the last goes through here, or through delete_held.
Task<> IngestJob::commit(Work& work, db::Batch batch) {
    AGENTIC_CO_CHECK(co_await commit_held(env_, work.task, std::move(batch)));
    co_return Result<void>{};
}

Task<> IngestJob::begin(Work& work) {
    db::Batch batch;
    batch.push_back(db::DocumentRepository::start_step(work.task.tenant, work.version, kStarted, env_.clock.now()));
    AGENTIC_CO_CHECK(co_await commit(work, std::move(batch)));
    fault::point("ingest.begun");
    auto embedder = env_.embedders.find(work.collection.embedding_model);
    if (embedder) work.embedder = *embedder;
    else if (embedder.error().code != ErrorCode::unavailable) co_return std::unexpected(std::move(embedder).error());
    co_return Result<void>{};
}

Task<> IngestJob::fetch(Work& work) {
    AGENTIC_CO_TRY(auto file, co_await work.task.stoppable(env_.fetcher.fetch(work.document.source_url.value_or(""), limits_.url_bytes_max)));
    auto row = work.document;
    row.media_type = file.media_type.empty() ? "application/octet-stream" : std::move(file.media_type);
    row.size_bytes = static_cast<std::int64_t>(file.bytes.size());
    row.sha256 = sha256_hex(file.bytes);
    AGENTIC_CO_TRY(row.blob, co_await env_.blobs.put(std::move(file.bytes)));
    row.updated_at = env_.clock.now();
    db::Batch batch;
    batch.push_back(db::DocumentRepository::fetched_step(work.task.tenant, work.version, row));
    batch.push_back(db::DocumentRepository::progress_step(work.task.tenant, work.version, kFetched, 0, 0, row.updated_at));
    auto stored = co_await commit(work, std::move(batch));
    if (!stored) {
        const auto code = stored.error().code;
        // Whether the commit happened is not known when the database went away: the sweep finds the file if it did not.
        if (code != ErrorCode::unavailable && code != ErrorCode::deadline_exceeded) (void)co_await env_.blobs.remove(*row.blob);
        if (stored.error().code == ErrorCode::conflict) stored.error().public_message = "The collection has a document with the same content already";
        co_return std::unexpected(std::move(stored).error());
    }
    work.document = std::move(row);
    co_return Result<void>{};
}

Task<> IngestJob::extract(Work& work) {
    const auto& document = work.document;
    auto path = env_.blobs.path_of(*document.blob);
    AGENTIC_CO_TRY(work.text, co_await work.task.stoppable(env_.extractor.extract(std::move(path), document.file_name.value_or(""), document.media_type)));
    fault::point("ingest.extracted");
    db::Batch batch;
    batch.push_back(db::DocumentRepository::progress_step(work.task.tenant, work.version, kExtracted, 0, 0, env_.clock.now()));
    co_return co_await commit(work, std::move(batch));
}

Task<> IngestJob::cut(Work& work) {
    const auto& collection = work.collection;
    const knowledge::ChunkingOptions options{.strategy = strategy_of(collection.chunking),
                                             .chunk_size = static_cast<std::size_t>(collection.chunk_size),
                                             .chunk_overlap = static_cast<std::size_t>(collection.chunk_overlap),
                                             .chunks_max = limits_.chunks_max + 1};   // one more says that there are too many
    const auto& tokens = work.embedder != nullptr ? work.embedder->tokens() : kEstimate;
    AGENTIC_CO_CHECK(co_await async::offload(env_.cutting, [&work, &options, &tokens] {
        work.text = knowledge::clean_text(work.text);
        work.chunks = knowledge::chunk_document(work.text, tokens, options, [&work] { return work.task.is_stopped(); });
    }));
    if (work.task.is_stopped()) co_return JobTask::stopped();
    if (work.chunks.empty()) co_return fail(ErrorCode::bad_request, "The document holds no text");
    if (work.chunks.size() > limits_.chunks_max) {
        co_return fail(ErrorCode::payload_too_large, "The document makes more than " + std::to_string(limits_.chunks_max) + " chunks; split it, or use larger chunks");
    }
    db::Batch batch;
    batch.push_back(db::DocumentRepository::progress_step(work.task.tenant, work.version, kCut, 0, static_cast<std::int64_t>(work.chunks.size()), env_.clock.now()));
    co_return co_await commit(work, std::move(batch));
}

/// Chunks that an attempt stored before it died.
Task<> IngestJob::forget_earlier_attempts(Work& work) {
    return delete_held(env_, work.task, db::ChunkRepository::delete_some_step(work.task.tenant, work.version, kDeletesPerBatch), kDeletesPerBatch);
}

Task<> IngestJob::store_chunks(Work& work) {
    for (std::size_t first = 0; first < work.chunks.size(); first += kChunksPerBatch) {
        AGENTIC_CO_CHECK(co_await store_some(work, first, std::min(kChunksPerBatch, work.chunks.size() - first)));
        fault::point("ingest.stored_some");
    }
    co_return Result<void>{};
}

Task<> IngestJob::store_some(Work& work, std::size_t first, std::size_t count) {
    std::vector<std::string> texts;
    for (std::size_t i = first; i < first + count; ++i) texts.push_back(work.text.text.substr(work.chunks[i].begin, work.chunks[i].end - work.chunks[i].begin));
    std::vector<db::Blob> vectors;
    if (work.embedder != nullptr) {
        AGENTIC_CO_TRY(vectors, co_await embed(work, texts));
    }
    const auto now = env_.clock.now();
    const auto tenant = work.task.tenant;
    db::Batch batch;
    for (std::size_t i = 0; i < count; ++i) {
        const auto& chunk = work.chunks[first + i];
        const auto id = make_uuid_v7(now.unix_ms());
        auto words = knowledge::lexical_text(texts[i]);
        batch.push_back(db::ChunkRepository::insert_step(
            tenant, work.version.version,
            {.id = id,
             .collection_id = work.collection.id,
             .document_id = work.document.id,
             .sequence_number = static_cast<std::int64_t>(chunk.sequence),
             .text = std::move(texts[i]),
             .page_number = chunk.page == 0 ? std::nullopt : std::optional<std::int64_t>(chunk.page),
             .pages = pages_json(chunk.pages),
             .section = non_empty(chunk.section),
             .byte_begin = static_cast<std::int64_t>(chunk.begin),
             .byte_end = static_cast<std::int64_t>(chunk.end),
             .token_count = static_cast<std::int64_t>(chunk.token_count)}));
        batch.push_back(db::ChunkRepository::words_step(tenant, id, std::move(words)));
        if (!vectors.empty()) batch.push_back(db::ChunkRepository::vectors_step(tenant, work.collection.id, work.collection.generation, id, std::move(vectors[i])));
    }
    const auto total = work.chunks.size(), done = first + count;
    const auto percent = kCut + static_cast<std::int64_t>(done * static_cast<std::size_t>(99 - kCut) / total);
    batch.push_back(db::DocumentRepository::progress_step(tenant, work.version, percent, static_cast<std::int64_t>(done), static_cast<std::int64_t>(total), now));
    co_return co_await commit(work, std::move(batch));
}

/// One blob for each text: the vectors of its windows, one behind the other.
Task<std::vector<db::Blob>> IngestJob::embed(Work& work, const std::vector<std::string>& texts) {
    AGENTIC_CO_TRY(const auto embedded, co_await work.task.stoppable(work.embedder->embed(work.task.tenant, texts, embeddings::Purpose::document)));
    std::vector<db::Blob> blobs;
    for (std::size_t i = 0; i < texts.size(); ++i) blobs.push_back(db::to_blob(embedded.rows_of(i)));
    co_return blobs;
}

db::Batch IngestJob::closing(Work& work) const {
    const auto tenant = work.task.tenant;
    const auto now = env_.clock.now();
    auto row = work.document;
    row.total_chunks = static_cast<std::int64_t>(work.chunks.size());
    if (!work.text.media_type.empty()) row.media_type = work.text.media_type;
    if (row.source == DocumentSource::url && row.title == row.source_url && !work.text.title.empty()) row.title = work.text.title;
    row.page_count = work.text.page_count;
    row.language = non_empty(work.text.language);
    row.author = non_empty(work.text.author);
    row.updated_at = now;
    db::Batch batch;
    batch.push_back(db::CollectionRepository::advance_step(tenant, work.collection.id, work.collection.generation));
    batch.push_back(db::DocumentRepository::complete_step(tenant, work.version, std::move(row)));
    if (work.version.version > 1) {  // the chunks of the version before
        batch.push_back(db::JobRepository::cancel_step(tenant, work.document.id, kPurgeJob, now));
        batch.push_back(db::JobRepository::insert_step(tenant, new_job(kPurgeJob, work.document.id, now)));
    }
    return batch;
}

db::Batch IngestJob::given_up(const JobTask& task, const Error& error, Timestamp now) {
    const db::DocumentVersion version{task.row.subject_id, version_of(task.row)};
    const auto failure = knowledge::extraction_failure_of(error);
    const auto code = failure ? to_string(*failure) : to_string(error.code);
    db::Batch batch;
    batch.push_back(db::DocumentRepository::fail_step(task.tenant, version, std::string(code), error.public_message, now));
    return batch;
}

Awaitable<void> IngestJob::ended(JobTask& task, bool completed) {
    if (!completed) co_return;
    const auto document = co_await db::DocumentRepository(env_.db).find(task.tenant, access(), task.row.subject_id);
    if (document) co_await indexes_.refresh(task.tenant, document->collection_id);
}

}  // namespace agentic::services
