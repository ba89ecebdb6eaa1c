// Jobs on documents and collections when another process takes them over, the database goes away, or the server restarts.
#include <gmock/gmock.h>

#include <boost/asio/this_coro.hpp>
#include <filesystem>

#include "services/knowledge/ingest_job.hpp"
#include "services/knowledge/job_kinds.hpp"
#include "services/knowledge/reembed_job.hpp"
#include "support/co_test.hpp"
#include "support/fail_at.hpp"
#include "support/interposed.hpp"
#include "unit/services/knowledge/search_fixture.hpp"

namespace agentic::services {
namespace {

using agentic::test::FailAt, agentic::test::Interposed;
using test::Fixture, test::TestUser;

SystemScope everybody() { return SystemScope::because("a test"); }

struct Jobs : Fixture {
    test::FakeEmbedder embedder;
    Interposed interposed{*database};
    FailAt failing{*database};

    Jobs() { embedders.installed = &embedder; }

    KnowledgeEnvironment over(db::Executor& db) {
        return {.clock = clock, .db = db, .blobs = blobs, .extractor = extractor, .fetcher = fetcher, .embedders = embedders, .searching = work, .cutting = work};
    }
    Awaitable<void> store(TestUser user, db::Step step) {
        db::Batch batch;
        batch.push_back(std::move(step));
        (co_await database->batch(user.scope, std::move(batch))).value();
    }
    /// A document, and the job that works on it.
    Awaitable<void> upload(TestUser user, db::DocumentRow document) {
        co_await store(user, db::DocumentRepository::insert_step(user.scope, document));
        co_await store(user, db::JobRepository::insert_step(user.scope, new_ingest_job({document.id, 1}, clock.now())));
    }
    /// What a process has in hand that may begin with the job; whoever had it before is taken for dead.
    Awaitable<std::shared_ptr<JobTask>> claim(TestUser user) {
        (co_await db::JobRepository(*database).recover(everybody(), clock.now())).value();
        auto row = (co_await db::JobRepository(*database).claim(user.scope, new_id(), clock.now())).value();
        co_return std::make_shared<JobTask>(co_await asio::this_coro::executor, user.scope, row.value());
    }
    /// Another process takes the job over and ends it.
    Awaitable<void> take_over(TestUser user, JobHandler& handler) {
        const auto task = co_await claim(user);
        auto batch = (co_await handler.run(*task)).value();
        batch.push_back(db::JobRepository::finish_step(user.scope, task->lease(), JobState::completed, std::nullopt, clock.now()));
        (co_await database->batch(user.scope, std::move(batch))).value();
    }
    Awaitable<db::DocumentRow> found(TestUser user, Uuid id) { co_return (co_await db::DocumentRepository(*database).find(user.scope, db::CollectionAccess::of(user.principal), id)).value(); }
    db::DocumentRow by_url(Uuid collection_id, std::string url) {
        auto document = draft(collection_id, url);
        document.source = DocumentSource::url;
        document.source_url = url;
        document.sha256.reset();
        document.blob.reset();
        return document;
    }
    std::ptrdiff_t files() { return std::distance(std::filesystem::directory_iterator(folder / "blobs"), {}); }
    std::vector<std::string> chunks(std::size_t count) { return std::vector<std::string>(count, "words"); }
    Awaitable<void> begin_reembedding(TestUser user, Uuid collection_id) {
        co_await store(user, db::CollectionRepository::reembed_begin_step(user.scope, collection_id, "m", 2, clock.now()));
        co_await store(user, db::JobRepository::insert_step(user.scope, new_job(kReembedJob, collection_id, clock.now())));
    }
};

AGENTIC_CO_TEST(IngestJob, DeletesNothingOfWhatAnotherProcessHasFinished) {
    Jobs f;
    const auto ann = co_await f.user("a");
    const auto collection = co_await f.collection(ann);
    const auto document = f.draft(collection, "d");
    co_await f.upload(ann, document);
    IngestJob here(f.over(f.interposed), f.indexes, {}), elsewhere(f.environment, f.indexes, {});
    const auto task = co_await f.claim(ann);
    f.interposed.before("chunk_delete_some", [&] { return f.take_over(ann, elsewhere); });
    const auto ended = co_await here.run(*task);
    EXPECT_FALSE(ended);
    EXPECT_TRUE(!ended && db::JobRepository::is_fenced(ended.error()));
    EXPECT_EQ((co_await f.found(ann, document.id)).status, DocumentStatus::completed);
    EXPECT_EQ((co_await db::ChunkRepository(*f.database).count(ann.scope, collection)).value(), 1);
}

AGENTIC_CO_TEST(IngestJob, KeepsAFileWhoseCommitMayHaveHappened) {
    for (const auto when : {FailAt::When::after, FailAt::When::before}) {
        Jobs f;
        const auto ann = co_await f.user("a");
        const auto document = f.by_url(co_await f.collection(ann), "http://a.test/");
        co_await f.upload(ann, document);
        IngestJob job(f.over(f.failing), f.indexes, {});
        f.failing.break_at(2, when);   // the first says that it has begun
        const auto task = co_await f.claim(ann);
        EXPECT_EQ((co_await job.run(*task)).error().code, ErrorCode::unavailable);
        EXPECT_EQ(f.files(), 1) << "the sweep finds it if nobody knows it";
        const auto stored = co_await f.found(ann, document.id);
        EXPECT_EQ(stored.blob.has_value(), when == FailAt::When::after);
        EXPECT_TRUE(!stored.blob || std::filesystem::exists(f.blobs.path_of(*stored.blob)));
    }
}

AGENTIC_CO_TEST(IngestJob, DeletesAFileThatIsThereAlready) {
    Jobs f;
    const auto ann = co_await f.user("a");
    const auto collection = co_await f.collection(ann);
    IngestJob job(f.environment, f.indexes, {});
    co_await f.upload(ann, f.by_url(collection, "http://a.test/"));
    co_await f.take_over(ann, job);
    co_await f.upload(ann, f.by_url(collection, "http://b.test/"));
    const auto task = co_await f.claim(ann);
    EXPECT_EQ((co_await job.run(*task)).error().code, ErrorCode::conflict);
    EXPECT_EQ(f.files(), 1);
}

AGENTIC_CO_TEST(IngestJob, EndsADocumentOfTooManyChunks) {
    Jobs f;
    const auto ann = co_await f.user("a");
    for (int i = 0; i < 2'000; ++i) f.extractor.text += " And some more words.";
    co_await f.upload(ann, f.draft(co_await f.collection(ann), "d"));
    const auto task = co_await f.claim(ann);
    IngestJob job(f.environment, f.indexes, {.chunks_max = 3});
    EXPECT_EQ((co_await job.run(*task)).error().code, ErrorCode::payload_too_large);
}

AGENTIC_CO_TEST(ReembedJob, DeletesNothingOfWhatAnotherProcessHasSwitchedTo) {
    Jobs f;
    const auto ann = co_await f.user("a");
    const auto collection = co_await f.collection(ann);
    co_await f.publish(ann, f.draft(collection, "d"), f.chunks(3));
    co_await f.begin_reembedding(ann, collection);
    ReembedJob here(f.over(f.interposed)), elsewhere(f.environment);
    const auto task = co_await f.claim(ann);
    f.interposed.before("chunk_embedding_delete_some", [&] { return f.take_over(ann, elsewhere); });
    const auto ended = co_await here.run(*task);
    EXPECT_TRUE(!ended && db::JobRepository::is_fenced(ended.error()));
    EXPECT_EQ((co_await db::ChunkRepository(*f.database).count_vectors(ann.scope, collection, 2)).value(), 3);
}

AGENTIC_CO_TEST(ReembedJob, GoesOnAfterARestartWhereItWas) {
    Jobs f;
    const auto ann = co_await f.user("a");
    const auto collection = co_await f.collection(ann);
    co_await f.publish(ann, f.draft(collection, "d"), f.chunks(40));
    co_await f.begin_reembedding(ann, collection);
    ReembedJob job(f.over(f.interposed));
    const auto task = co_await f.claim(ann);
    const auto stop = [&]() -> Awaitable<void> {
        task->request_stop(JobTask::Stop::shutdown);
        co_return;
    };
    f.interposed.before("chunk_without_embedding", stop, 2);
    EXPECT_EQ((co_await job.run(*task)).error().code, ErrorCode::cancelled);
    const auto before = f.embedder.embedded;
    EXPECT_EQ((co_await db::ChunkRepository(*f.database).count_vectors(ann.scope, collection, 2)).value(), 32);
    // As the runner puts it back: the attempt does not count.
    co_await f.store(ann, db::JobRepository::again_step(ann.scope, task->lease(), 0, std::nullopt, f.clock.now(), f.clock.now()));
    co_await f.take_over(ann, job);
    EXPECT_EQ(f.embedder.embedded - before, 8U) << "what was embedded before is embedded again";
    EXPECT_EQ((co_await db::ChunkRepository(*f.database).count_vectors(ann.scope, collection, 2)).value(), 40);
}

AGENTIC_CO_TEST(ReembedJob, BeginsWithoutTheVectorsOfAnEarlierJob) {
    Jobs f;
    const auto ann = co_await f.user("a");
    const auto collection = co_await f.collection(ann);
    co_await f.publish(ann, f.draft(collection, "d"), f.chunks(3));
    const auto ids = (co_await db::ChunkRepository(*f.database).without_vectors(ann.scope, collection, 2, Uuid(), 10)).value();
    const std::vector<float> other{0.0F, 1.0F};
    co_await f.store(ann, db::ChunkRepository::add_vectors_step(ann.scope, 2, ids.at(0).id, db::to_blob(other)));
    co_await f.begin_reembedding(ann, collection);
    ReembedJob job(f.environment);
    co_await f.take_over(ann, job);
    EXPECT_EQ(f.embedder.embedded, 3U);
}

}  // namespace
}  // namespace agentic::services
