#include "services/knowledge/knowledge_service.hpp"

#include <algorithm>
#include <utility>

#include "core/encoding.hpp"
#include "core/fault.hpp"
#include "core/log.hpp"
#include "core/utf8.hpp"
#include "db/repositories/rag_queries.hpp"
#include "services/knowledge/digest.hpp"
#include "services/knowledge/job_kinds.hpp"

namespace agentic::services {
namespace {

constexpr int kStoreTriesMax = 3;                       // somebody else may add the same document at the same moment
constexpr std::chrono::hours kJobsKept{24 * 7};
constexpr std::chrono::hours kQueriesKept{24 * 90};
constexpr std::size_t kNameBytesMax = 255;
constexpr std::size_t kTitleBytesMax = 500;

using db::CollectionAccess, db::CollectionRepository, db::DocumentRepository, db::JobRepository;

std::string cut(std::string_view text, std::size_t bytes_max) { return std::string(cut_at_code_point(text, bytes_max)); }

std::unexpected<Error> unknown_model() { return fail_validation({{"embedding_model", "is not a model this server knows"}}); }

}  // namespace

std::string display_name(std::string_view file_name) {
    if (const auto slash = file_name.find_last_of("/\\"); slash != file_name.npos) file_name.remove_prefix(slash + 1);
    std::string name;
    for (const char c : file_name) {
        if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) name += c;
    }
    if (name == "." || name == ".." || !is_valid_utf8(name)) return {};
    return cut(name, kNameBytesMax);
}

Task<db::CollectionRow> KnowledgeService::create(OpContext& op, db::CollectionRow draft) {
    const auto dimensions = env_.embedders.dimensions_of(draft.embedding_model);
    if (!dimensions) co_return unknown_model();
    draft.id = make_uuid_v7(op.clock.now().unix_ms());
    draft.embedding_dimensions = static_cast<std::int64_t>(*dimensions);
    draft.created_by = op.principal.user_id;
    draft.created_at = draft.updated_at = op.clock.now();
    AGENTIC_CO_CHECK(co_await CollectionRepository(env_.db).insert(op.tenant, draft));
    co_return draft;
}

Task<> KnowledgeService::remove_collection(OpContext& op, Uuid id, std::optional<std::int64_t> expected_version) {
    const auto now = op.clock.now();
    db::Batch batch;
    batch.push_back(CollectionRepository::exists_step(op.tenant, id));
    batch.push_back(CollectionRepository::remove_step(op.tenant, id, expected_version, now));
    batch.push_back(DocumentRepository::remove_all_step(op.tenant, id, now));
    batch.push_back(JobRepository::cancel_step(op.tenant, id, std::nullopt, now));
    batch.push_back(JobRepository::insert_step(op.tenant, new_job(kCollectionPurgeJob, id, now)));
    AGENTIC_CO_TRY(const auto rows, co_await env_.db.batch(op.tenant, std::move(batch)));
    fault::point("collection.deleted");
    indexes_.drop_collection(id);
    jobs_.interrupt(JobRepository::read_cancelled(rows[3]));
    jobs_.wake();
    co_return Result<void>{};
}

Task<db::CollectionRow> KnowledgeService::reembed(OpContext& op, Uuid id, std::optional<std::string> model) {
    const auto access = CollectionAccess::of(op.principal);
    AGENTIC_CO_TRY(const auto collection, co_await CollectionRepository(env_.db).find(op.tenant, access, id));
    const auto name = model.value_or(collection.embedding_model);
    const auto dimensions = env_.embedders.dimensions_of(name);
    if (!dimensions) co_return unknown_model();
    AGENTIC_CO_CHECK(env_.embedders.find(name));
    const auto now = op.clock.now();
    db::Batch batch;
    batch.push_back(CollectionRepository::reembed_begin_step(op.tenant, id, name, static_cast<std::int64_t>(*dimensions), now));
    batch.push_back(JobRepository::cancel_step(op.tenant, id, kReembedJob, now));
    batch.push_back(JobRepository::insert_step(op.tenant, new_job(kReembedJob, id, now)));
    AGENTIC_CO_TRY(const auto rows, co_await env_.db.batch(op.tenant, std::move(batch)));
    jobs_.interrupt(JobRepository::read_cancelled(rows[1]));
    jobs_.wake();
    co_return co_await CollectionRepository(env_.db).find(op.tenant, access, id);
}

db::DocumentRow KnowledgeService::draft_of(OpContext& op, Uuid collection_id, DocumentSource source, DocumentNotes notes) const {
    const auto now = op.clock.now();
    return {.id = make_uuid_v7(now.unix_ms()),
            .collection_id = collection_id,
            .title = cut(notes.title.value_or(""), kTitleBytesMax),
            .source = source,
            .extra_metadata = std::move(notes.metadata),
            .created_by = op.principal.user_id,
            .created_at = now,
            .updated_at = now};
}

Task<AddedDocument> KnowledgeService::add_file(OpContext& op, Uuid collection_id, UploadedFile file, DocumentNotes notes) {
    auto draft = draft_of(op, collection_id, DocumentSource::upload, std::move(notes));
    const auto name = display_name(file.file_name);
    if (draft.title.empty()) draft.title = name.empty() ? "Untitled" : name;
    if (!name.empty()) draft.file_name = name;
    draft.source_key = "file:" + (name.empty() ? draft.title : name);
    draft.media_type = file.media_type.empty() ? "application/octet-stream" : std::move(file.media_type);
    draft.size_bytes = file.size_bytes;
    draft.sha256 = std::move(file.sha256);
    AGENTIC_CO_CHECK(co_await CollectionRepository(env_.db).find(op.tenant, CollectionAccess::of(op.principal), collection_id));
    AGENTIC_CO_TRY(auto known, co_await same_bytes(op, draft));
    if (known) co_return *std::move(known);
    AGENTIC_CO_TRY(draft.blob, co_await env_.blobs.adopt(std::move(file.path)));
    co_return co_await add(op, std::move(draft));
}

Task<AddedDocument> KnowledgeService::add_text(OpContext& op, Uuid collection_id, std::string text, DocumentNotes notes) {
    auto draft = draft_of(op, collection_id, DocumentSource::text, std::move(notes));
    draft.source_key = "text:" + draft.title;
    draft.media_type = "text/markdown";
    draft.size_bytes = std::ssize(text);
    draft.sha256 = sha256_hex(text);
    AGENTIC_CO_CHECK(co_await CollectionRepository(env_.db).find(op.tenant, CollectionAccess::of(op.principal), collection_id));
    AGENTIC_CO_TRY(auto known, co_await same_bytes(op, draft));
    if (known) co_return *std::move(known);
    AGENTIC_CO_TRY(draft.blob, co_await env_.blobs.put(std::move(text)));
    co_return co_await add(op, std::move(draft));
}

Task<AddedDocument> KnowledgeService::add_url(OpContext& op, Uuid collection_id, std::string url, DocumentNotes notes) {
    auto draft = draft_of(op, collection_id, DocumentSource::url, std::move(notes));
    if (draft.title.empty()) draft.title = cut(url, kTitleBytesMax);
    draft.source_key = "url:" + url;
    draft.source_url = std::move(url);
    draft.media_type = "application/octet-stream";
    AGENTIC_CO_CHECK(co_await CollectionRepository(env_.db).find(op.tenant, CollectionAccess::of(op.principal), collection_id));
    co_return co_await add(op, std::move(draft));
}

/// The document of the collection that has these bytes. One that came to nothing is begun again.
Task<std::optional<AddedDocument>> KnowledgeService::same_bytes(OpContext& op, const db::DocumentRow& draft) {
    if (!draft.sha256) co_return std::nullopt;
    AGENTIC_CO_TRY(auto known, co_await DocumentRepository(env_.db).with_hash(op.tenant, draft.collection_id, *draft.sha256));
    if (!known) co_return std::nullopt;
    if (known->status != DocumentStatus::failed && known->status != DocumentStatus::cancelled) co_return AddedDocument{*std::move(known), false};
    AGENTIC_CO_TRY(auto again, co_await restart(op, *known));
    co_return AddedDocument{std::move(again), true};
}

Task<AddedDocument> KnowledgeService::add(OpContext& op, db::DocumentRow draft) {
    const auto blob = draft.blob;
    Error error;
    for (int tries = 0; tries < kStoreTriesMax; ++tries) {
        auto stored = co_await store(op, draft);
        if (stored) co_return AddedDocument{*std::move(stored), true};
        error = std::move(stored).error();
        if (error.code != ErrorCode::conflict && !DocumentRepository::is_superseded(error)) break;
        auto known = co_await same_bytes(op, draft);
        if (!known || !*known) continue;
        if (blob) (void)co_await env_.blobs.remove(*blob);
        co_return **std::move(known);
    }
    // Whether the commit happened is not known when the database went away: the sweep finds the file if it did not.
    if (blob && error.code != ErrorCode::unavailable && error.code != ErrorCode::deadline_exceeded) (void)co_await env_.blobs.remove(*blob);
    co_return std::unexpected(std::move(error));
}

/// The document, or the next version of the one with its key, and the job that works on it, in one commit.
Task<db::DocumentRow> KnowledgeService::store(OpContext& op, db::DocumentRow draft) {
    const auto now = op.clock.now();
    AGENTIC_CO_TRY(const auto held, co_await DocumentRepository(env_.db).with_key(op.tenant, draft.collection_id, draft.source_key));
    db::Batch batch;
    batch.push_back(CollectionRepository::exists_step(op.tenant, draft.collection_id));
    if (held) {
        draft.id = held->id;
        draft.version = held->version;
        batch.push_back(JobRepository::cancel_step(op.tenant, held->id, kIngestJob, now));
        batch.push_back(DocumentRepository::next_version_step(op.tenant, draft));
        draft.version += 1;
    } else {
        batch.push_back(DocumentRepository::insert_step(op.tenant, draft));
    }
    batch.push_back(JobRepository::insert_step(op.tenant, new_ingest_job({draft.id, draft.version}, now)));
    fault::point("document.accept.before");
    AGENTIC_CO_TRY(const auto rows, co_await env_.db.batch(op.tenant, std::move(batch)));
    fault::point("document.accepted");
    if (held) {
        jobs_.interrupt(JobRepository::read_cancelled(rows[1]));
        if (held->blob) (void)co_await env_.blobs.remove(*held->blob);
        draft.created_at = held->created_at;
        draft.created_by = held->created_by;
        draft.indexed_version = held->indexed_version;
        draft.indexed_chunks = held->indexed_chunks;
    }
    jobs_.wake();
    co_return draft;
}

Task<db::DocumentRow> KnowledgeService::restart(OpContext& op, const db::DocumentRow& document) {
    const auto now = op.clock.now();
    const db::DocumentVersion version{document.id, document.version};
    db::Batch batch;
    batch.push_back(DocumentRepository::retry_step(op.tenant, version, now));
    batch.push_back(JobRepository::insert_step(op.tenant, new_ingest_job(version, now)));
    AGENTIC_CO_CHECK(co_await env_.db.batch(op.tenant, std::move(batch)));
    jobs_.wake();
    co_return co_await DocumentRepository(env_.db).find(op.tenant, CollectionAccess::whole_tenant("the document was found for the asker"), document.id);
}

Task<db::DocumentRow> KnowledgeService::cancel(OpContext& op, Uuid id) {
    const auto access = CollectionAccess::of(op.principal);
    AGENTIC_CO_TRY(auto document, co_await DocumentRepository(env_.db).find(op.tenant, access, id));
    if (document.status != DocumentStatus::pending && document.status != DocumentStatus::processing) co_return document;
    db::Batch batch;
    batch.push_back(JobRepository::cancel_step(op.tenant, id, kIngestJob, op.clock.now()));
    batch.push_back(DocumentRepository::cancel_step(op.tenant, {id, document.version}, op.clock.now()));
    const auto stored = co_await env_.db.batch(op.tenant, std::move(batch));
    if (!stored && !DocumentRepository::is_superseded(stored.error())) co_return std::unexpected(stored.error());
    if (stored) jobs_.interrupt(JobRepository::read_cancelled(stored->front()));
    co_return co_await DocumentRepository(env_.db).find(op.tenant, access, id);
}

Task<db::DocumentRow> KnowledgeService::retry(OpContext& op, Uuid id) {
    AGENTIC_CO_TRY(auto document, co_await DocumentRepository(env_.db).find(op.tenant, CollectionAccess::of(op.principal), id));
    if (document.status != DocumentStatus::failed && document.status != DocumentStatus::cancelled) {
        co_return fail(ErrorCode::conflict, "Only a failed or cancelled document can be retried; this one is " + std::string(to_string(document.status)));
    }
    co_return co_await restart(op, document);
}

Task<> KnowledgeService::remove_document(OpContext& op, db::DocumentRow document, std::optional<Timestamp> expected_change) {
    const auto now = op.clock.now();
    db::Batch batch;
    batch.push_back(DocumentRepository::remove_step(op.tenant, document.id, expected_change, now));
    batch.push_back(JobRepository::cancel_step(op.tenant, document.id, std::nullopt, now));
    batch.push_back(JobRepository::insert_step(op.tenant, new_job(kPurgeJob, document.id, now)));
    AGENTIC_CO_TRY(const auto rows, co_await env_.db.batch(op.tenant, std::move(batch)));
    fault::point("document.deleted");
    co_await indexes_.drop_document(document.collection_id, document.id);
    jobs_.interrupt(JobRepository::read_cancelled(rows[1]));
    jobs_.wake();
    co_return Result<void>{};
}

Task<std::int64_t> KnowledgeService::tidy() {
    const auto everybody = SystemScope::because("old files and rows of all tenants are cleared away");
    std::int64_t cleared = 0;
    AGENTIC_CO_TRY(const auto names, co_await env_.blobs.idle_names());
    for (const auto& name : names) {
        AGENTIC_CO_TRY(const bool is_known, co_await DocumentRepository(env_.db).knows_blob(everybody, name));
        if (is_known) continue;
        AGENTIC_CO_CHECK(co_await env_.blobs.remove(name));
        ++cleared;
    }
    const auto now = env_.clock.now();
    AGENTIC_CO_TRY(const auto jobs, co_await JobRepository(env_.db).forget(everybody, now.plus(-kJobsKept)));
    AGENTIC_CO_TRY(const auto queries, co_await db::RagQueryRepository(env_.db).forget(everybody, now.plus(-kQueriesKept)));
    co_return cleared + jobs + queries;
}

}  // namespace agentic::services
