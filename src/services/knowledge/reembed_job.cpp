#include "services/knowledge/reembed_job.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "core/fault.hpp"
#include "db/repositories/chunks.hpp"
#include "services/knowledge/held_batch.hpp"
#include "services/knowledge/job_kinds.hpp"

namespace agentic::services {
namespace {

constexpr std::int64_t kChunksPerBatch = 32;
constexpr std::int64_t kDeletesPerBatch = 200;

}  // namespace

struct ReembedJob::Work {
    JobTask& task;
    db::CollectionRow collection;
    embeddings::Embedder* embedder = nullptr;
    std::int64_t total = 0, done = 0;

    std::int64_t next_generation() const { return collection.generation + 1; }
};

std::string_view ReembedJob::kind() const { return kReembedJob; }

Task<db::Batch> ReembedJob::run(JobTask& task) {
    Work work{.task = task};
    const auto access = db::CollectionAccess::whole_tenant("embedding anew was allowed when it was asked for");
    AGENTIC_CO_TRY(work.collection, co_await db::CollectionRepository(env_.db).find(task.tenant, access, task.row.subject_id));
    if (!work.collection.next_model) co_return db::Batch();
    AGENTIC_CO_TRY(work.embedder, env_.embedders.find(*work.collection.next_model));
    if (!is_cleared(task.row)) AGENTIC_CO_CHECK(co_await forget_earlier(work));
    AGENTIC_CO_TRY(work.total, co_await db::ChunkRepository(env_.db).count(task.tenant, work.collection.id));
    AGENTIC_CO_TRY(work.done, co_await db::ChunkRepository(env_.db).count_vectors(task.tenant, work.collection.id, work.next_generation()));
    std::int64_t embedded = 1;
    while (embedded > 0) {
        AGENTIC_CO_TRY(embedded, co_await pass(work));
    }
    const auto now = env_.clock.now();
    db::Batch batch;
    batch.push_back(db::CollectionRepository::reembed_end_step(task.tenant, work.collection.id, work.collection.generation, now));
    batch.push_back(db::ChunkRepository::all_have_vectors_step(task.tenant, work.collection.id, work.next_generation()));
    batch.push_back(db::JobRepository::cancel_step(task.tenant, work.collection.id, kVectorPurgeJob, now));
    batch.push_back(db::JobRepository::insert_step(task.tenant, new_job(kVectorPurgeJob, work.collection.id, now)));
    co_return batch;
}

/// The shadow of a job with another model that was never switched to. Done once for each job: later attempts go on with what this one has embedded.
Task<> ReembedJob::forget_earlier(Work& work) {
    const auto tenant = work.task.tenant;
    AGENTIC_CO_CHECK(co_await delete_held(env_, work.task, db::ChunkRepository::delete_vectors_step(tenant, work.collection.id, work.next_generation(),
                                                                                                   std::numeric_limits<std::int64_t>::max(), kDeletesPerBatch),
                                          kDeletesPerBatch));
    db::Batch batch;
    batch.push_back(db::JobRepository::note_step(tenant, work.task.lease(), cleared_payload(), env_.clock.now()));
    AGENTIC_CO_CHECK(co_await commit_held(env_, work.task, std::move(batch)));
    co_return Result<void>{};
}

/// Once through the chunks; answers how many were embedded.
Task<std::int64_t> ReembedJob::pass(Work& work) {
    std::int64_t embedded = 0;
    Uuid after;
    for (;;) {
        AGENTIC_CO_TRY(auto rows, co_await db::ChunkRepository(env_.db).without_vectors(work.task.tenant, work.collection.id, work.next_generation(), after, kChunksPerBatch));
        if (rows.empty()) co_return embedded;
        after = rows.back().id;
        embedded += std::ssize(rows);
        std::vector<std::pair<Uuid, std::string>> chunks;
        for (auto& row : rows) chunks.emplace_back(row.id, std::move(row.text));
        AGENTIC_CO_CHECK(co_await embed_some(work, chunks));
        fault::point("reembed.stored_some");
    }
}

Task<> ReembedJob::embed_some(Work& work, const std::vector<std::pair<Uuid, std::string>>& chunks) {
    std::vector<std::string> texts;
    for (const auto& [id, text] : chunks) texts.push_back(text);
    const auto tenant = work.task.tenant;
    AGENTIC_CO_TRY(const auto embedded, co_await work.task.stoppable(work.embedder->embed(tenant, std::move(texts), embeddings::Purpose::document)));
    db::Batch batch;
    for (std::size_t i = 0; i < chunks.size(); ++i) {
        batch.push_back(db::ChunkRepository::add_vectors_step(tenant, work.next_generation(), chunks[i].first, db::to_blob(embedded.rows_of(i))));
    }
    work.done += std::ssize(chunks);
    const auto percent = work.total > 0 ? std::min<std::int64_t>(99, work.done * 100 / work.total) : 99;
    batch.push_back(db::CollectionRepository::reembed_progress_step(tenant, work.collection.id, percent));
    AGENTIC_CO_CHECK(co_await commit_held(env_, work.task, std::move(batch)));
    co_return Result<void>{};
}

db::Batch ReembedJob::given_up(const JobTask& task, const Error& error, Timestamp now) {
    db::Batch batch;
    batch.push_back(db::CollectionRepository::reembed_failed_step(task.tenant, task.row.subject_id, error.public_message, now));
    return batch;
}

}  // namespace agentic::services
