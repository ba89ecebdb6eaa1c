#include "services/knowledge/purge_jobs.hpp"

#include <limits>

#include "db/repositories/chunks.hpp"
#include "services/knowledge/held_batch.hpp"
#include "services/knowledge/job_kinds.hpp"

namespace agentic::services {
namespace {

constexpr std::int64_t kPerBatch = 200;
constexpr std::int64_t kDocumentsPerRead = 100;

Task<> delete_chunks_before(KnowledgeEnvironment& env, JobTask& task, db::DocumentVersion version) {
    return delete_held(env, task, db::ChunkRepository::delete_stale_step(task.tenant, version, kPerBatch), kPerBatch);
}

/// Chunks first, then the file, then the row that knows of both.
Task<> erase(KnowledgeEnvironment& env, JobTask& task, db::DocumentRemainsRow document) {
    AGENTIC_CO_CHECK(co_await delete_chunks_before(env, task, {document.id, std::numeric_limits<std::int64_t>::max()}));
    if (document.blob) AGENTIC_CO_CHECK(co_await env.blobs.remove(*document.blob));
    db::Batch batch;
    batch.push_back(db::DocumentRepository::erase_step(task.tenant, document.id));
    AGENTIC_CO_CHECK(co_await commit_held(env, task, std::move(batch)));
    co_return Result<void>{};
}

}  // namespace

std::string_view DocumentPurge::kind() const { return kPurgeJob; }

Task<db::Batch> DocumentPurge::run(JobTask& task) {
    AGENTIC_CO_TRY(auto document, co_await db::DocumentRepository(env_.db).remains(task.tenant, task.row.subject_id));
    if (!document) co_return db::Batch();
    if (document->deleted_at) {
        AGENTIC_CO_CHECK(co_await erase(env_, task, *std::move(document)));
    } else {
        AGENTIC_CO_CHECK(co_await delete_chunks_before(env_, task, {document->id, document->indexed_version}));
    }
    co_return db::Batch();
}

std::string_view CollectionPurge::kind() const { return kCollectionPurgeJob; }

Task<db::Batch> CollectionPurge::run(JobTask& task) {
    const auto id = task.row.subject_id;
    for (;;) {
        db::Batch mark;  // whatever was uploaded at the moment of the deletion
        mark.push_back(db::DocumentRepository::remove_all_step(task.tenant, id, env_.clock.now()));
        AGENTIC_CO_CHECK(co_await commit_held(env_, task, std::move(mark)));
        AGENTIC_CO_TRY(auto documents, co_await db::DocumentRepository(env_.db).remains_of(task.tenant, id, kDocumentsPerRead));
        if (documents.empty()) break;
        for (auto& document : documents) {
            db::Batch batch;
            batch.push_back(db::JobRepository::cancel_step(task.tenant, document.id, std::nullopt, env_.clock.now()));
            AGENTIC_CO_CHECK(co_await commit_held(env_, task, std::move(batch)));
            AGENTIC_CO_CHECK(co_await erase(env_, task, std::move(document)));
        }
    }
    db::Batch batch;
    batch.push_back(db::CollectionRepository::erase_step(task.tenant, id));
    co_return batch;
}

std::string_view VectorPurge::kind() const { return kVectorPurgeJob; }

Task<db::Batch> VectorPurge::run(JobTask& task) {
    const auto access = db::CollectionAccess::whole_tenant("old vectors are deleted for everybody");
    AGENTIC_CO_TRY(const auto collection, co_await db::CollectionRepository(env_.db).find(task.tenant, access, task.row.subject_id));
    AGENTIC_CO_CHECK(co_await delete_held(env_, task, db::ChunkRepository::delete_vectors_step(task.tenant, collection.id, 0, collection.generation, kPerBatch), kPerBatch));
    co_return db::Batch();
}

}  // namespace agentic::services
