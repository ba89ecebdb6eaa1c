#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <memory>

#include "conformance/platform.hpp"
#include "db/repositories/chunks.hpp"
#include "db/repositories/jobs.hpp"
#include "db/repositories/rag_queries.hpp"
#include "support/tenants.hpp"

namespace agentic::db::conformance {
namespace {

using test::TestTenant, test::TestUser;
using testing::ElementsAre, testing::SizeIs;

auto everybody() { return CollectionAccess::whole_tenant("a test"); }

class KnowledgeRows : public Platform {
public:
    CollectionRepository collections() { return CollectionRepository(db()); }
    DocumentRepository documents() { return DocumentRepository(db()); }
    ChunkRepository chunks() { return ChunkRepository(db()); }
    JobRepository jobs() { return JobRepository(db()); }

    Awaitable<TestUser> user(std::string slug, Role role = Role::member) {
        auto tenant = co_await TestTenant::create(db(), clock, std::move(slug));
        co_return co_await tenant.add_user(db(), clock, role);
    }
    Uuid new_id() { return make_uuid_v7(clock.now().unix_ms()); }

    Awaitable<Uuid> collection(TestUser user, std::string name, Visibility visibility = Visibility::tenant) {
        CollectionRow row{.id = new_id(), .name = std::move(name), .description = "About things", .embedding_model = "m", .embedding_dimensions = 2, .visibility = visibility,
                          .created_by = user.principal.user_id, .created_at = clock.now(), .updated_at = clock.now()};
        (co_await collections().insert(user.scope, row)).value();
        co_return row.id;
    }
    DocumentRow draft(Uuid collection_id, std::string title, std::string sha256) {
        return {.id = new_id(), .collection_id = collection_id, .title = title, .source = DocumentSource::text, .source_key = "text:" + title, .media_type = "text/plain",
                .size_bytes = 10, .sha256 = std::move(sha256), .blob = "blob-" + title, .created_at = clock.now(), .updated_at = clock.now()};
    }
    Task<std::vector<Rows>> run(TestUser user, Step step) {
        Batch batch;
        batch.push_back(std::move(step));
        return db().batch(user.scope, std::move(batch));
    }
    /// Two chunks with words and vectors, staged under the document's version.
    Awaitable<std::vector<Uuid>> stage(TestUser user, DocumentRow document, std::vector<std::string> texts) {
        std::vector<Uuid> ids;
        Batch batch;
        for (auto& text : texts) {
            const auto id = ids.emplace_back(new_id());
            const auto number = std::ssize(ids) - 1;
            batch.push_back(ChunkRepository::insert_step(user.scope, document.version, {.id = id, .collection_id = document.collection_id, .document_id = document.id,
                                                                                       .sequence_number = number, .text = text, .page_number = 3, .section = "S"}));
            batch.push_back(ChunkRepository::words_step(user.scope, id, text));
            const std::vector<float> vector{1.0F, static_cast<float>(number)};
            batch.push_back(ChunkRepository::vectors_step(user.scope, document.collection_id, 1, id, to_blob(vector)));
        }
        (co_await db().batch(user.scope, std::move(batch))).value();
        co_return ids;
    }
    Task<std::vector<Rows>> complete(TestUser user, DocumentRow document) {
        Batch batch;
        batch.push_back(DocumentRepository::start_step(user.scope, {document.id, document.version}, 1, clock.now()));
        batch.push_back(CollectionRepository::advance_step(user.scope, document.collection_id, 1));
        document.total_chunks = 2;
        batch.push_back(DocumentRepository::complete_step(user.scope, {document.id, document.version}, document));
        return db().batch(user.scope, std::move(batch));
    }
    std::string quoted(const std::string& word) {
        const std::string quote = db().engine() == Executor::Engine::sqlite ? "\"" : "'";
        return quote + word + quote;
    }
    /// The chunks that words find, best first, with their scores.
    Awaitable<std::vector<std::pair<Uuid, double>>> ranked(TestUser user, std::vector<Uuid> in, std::vector<std::string> words) {
        std::vector<std::string> terms;
        for (const auto& word : words) terms.push_back(quoted(word));
        std::vector<std::pair<Uuid, double>> out;
        const auto hits = (co_await chunks().search_words(user.scope, in, terms, 10)).value();
        for (const auto& hit : hits) out.emplace_back(hit.id, hit.score);
        co_return out;
    }
    Awaitable<std::size_t> found(TestUser user, Uuid collection_id, std::string word) {
        const auto hits = (co_await chunks().search_words(user.scope, {collection_id}, {quoted(word)}, 10)).value();
        co_return hits.size();
    }
};
AGENTIC_CONFORMANCE(KnowledgeRows);

AGENTIC_CO_TEST_P(KnowledgeRows, CollectionsBelongToTheirTenantAndPrivateOnesToTheirMaker) {
    const auto ann = co_await self.user("a", Role::admin), eve = co_await self.user("b", Role::owner);
    const auto open = co_await self.collection(ann, "open"), hidden = co_await self.collection(ann, "hidden", Visibility::private_);
    EXPECT_EQ((co_await self.collections().find(ann.scope, everybody(), open)).value().name, "open");
    EXPECT_EQ(code_of(co_await self.collections().find(eve.scope, everybody(), open)), ErrorCode::not_found);
    auto member = ann.principal;
    member.role = Role::member;
    member.user_id = self.new_id();
    EXPECT_EQ(code_of(co_await self.collections().find(ann.scope, CollectionAccess::of(member), hidden)), ErrorCode::not_found);
    EXPECT_THAT((co_await self.collections().scopes(ann.scope, CollectionAccess::of(member), 10)).value(), SizeIs(1));
    EXPECT_THAT((co_await self.collections().scopes(ann.scope, CollectionAccess::of(ann.principal), 10)).value(), SizeIs(2));
    EXPECT_EQ((co_await self.collections().list(eve.scope, everybody(), {})).value().total, 0);
    CollectionRow again{.id = self.new_id(), .name = "open", .embedding_model = "m", .embedding_dimensions = 2, .created_by = ann.principal.user_id};
    EXPECT_EQ(code_of(co_await self.collections().insert(ann.scope, again)), ErrorCode::conflict);
}

AGENTIC_CO_TEST_P(KnowledgeRows, RareWordsCountForMoreAndOtherCollectionsForNothing) {
    const auto ann = co_await self.user("a"), eve = co_await self.user("b");
    const auto collection = co_await self.collection(ann, "c");
    auto document = self.draft(collection, "one", "h1");
    (co_await self.run(ann, DocumentRepository::insert_step(ann.scope, document))).value();
    const auto ids = co_await self.stage(ann, document, {"apple soup", "apple bread", "apple pie quince", "apple apple cake", "plain water"});
    document.total_chunks = 5;
    (co_await self.complete(ann, document)).value();
    const auto before = co_await self.ranked(ann, {collection}, {"apple", "quince"});
    EXPECT_EQ(before.size(), 4U);
    EXPECT_EQ(before[0].first, ids[2]);                          // the rare word
    EXPECT_EQ(before[1].first, ids[3]);                          // the common one twice
    const auto saturated = [](double words, double mean) { return 1 / (1 + 1.2 * (0.25 + 0.75 * words / mean)); };
    const double rare = std::log(1 + 4.5 / 1.5), common = std::log(1 + 1.5 / 4.5);
    const double wanted = (rare + common) / common * saturated(3, 2.4) / saturated(2, 2.4);
    const bool is_exact = self.db().engine() == Executor::Engine::sqlite;   // PostgreSQL counts distinct words
    EXPECT_NEAR(before[0].second / before[2].second, wanted, is_exact ? 1e-6 : 0.3);
    // The same words in another tenant, many times over, and in another collection of this one.
    for (const auto& user : {eve, ann}) {
        const auto elsewhere = co_await self.collection(user, "elsewhere");
        auto other = self.draft(elsewhere, "other", "h2");
        (co_await self.run(user, DocumentRepository::insert_step(user.scope, other))).value();
        co_await self.stage(user, other, std::vector<std::string>(50, "quince jelly"));
        (co_await self.complete(user, other)).value();
    }
    EXPECT_EQ(co_await self.ranked(ann, {collection}, {"apple", "quince"}), before);
}

AGENTIC_CO_TEST_P(KnowledgeRows, ChunksAreFoundOnceTheirVersionIsTheIndexedOne) {
    const auto ann = co_await self.user("a");
    const auto collection = co_await self.collection(ann, "c");
    auto document = self.draft(collection, "one", "h1");
    (co_await self.run(ann, DocumentRepository::insert_step(ann.scope, document))).value();
    const auto ids = co_await self.stage(ann, document, {"red apples", "green pears"});
    EXPECT_EQ(co_await self.found(ann, collection, "apples"), 0U) << "staged chunks can be found";
    EXPECT_THAT((co_await self.chunks().hits(ann.scope, ids)).value(), SizeIs(0));
    EXPECT_THAT((co_await self.documents().metadata_of(ann.scope, {document.id})).value(), SizeIs(0));
    (co_await self.complete(ann, document)).value();
    EXPECT_EQ(co_await self.found(ann, collection, "apples"), 1U);
    EXPECT_THAT((co_await self.chunks().hits(ann.scope, ids)).value(), SizeIs(2));
    const auto metadata = (co_await self.documents().metadata_of(ann.scope, {document.id, self.new_id()})).value();
    EXPECT_THAT(metadata, SizeIs(1));
    EXPECT_EQ(metadata.at(0).extra_metadata.text, "{}");
    EXPECT_THAT((co_await self.chunks().vectors_after(ann.scope, collection, 1, Uuid(), 10)).value(), SizeIs(2));
    const auto stats = (co_await self.collections().find(ann.scope, everybody(), collection)).value();
    EXPECT_EQ(stats.document_count, 1);
    EXPECT_EQ(stats.chunk_count, 2);
    EXPECT_EQ(stats.size_bytes, 10);

    // The next version takes the place of this one in one step.
    document.sha256 = "h2";
    (co_await self.run(ann, DocumentRepository::next_version_step(ann.scope, document))).value();
    document.version = 2;
    co_await self.stage(ann, document, {"blue plums", "green grapes"});
    EXPECT_EQ(co_await self.found(ann, collection, "apples"), 1U);
    EXPECT_EQ(co_await self.found(ann, collection, "plums"), 0U);
    (co_await self.complete(ann, document)).value();
    EXPECT_EQ(co_await self.found(ann, collection, "apples"), 0U);
    EXPECT_EQ(co_await self.found(ann, collection, "plums"), 1U);
    EXPECT_EQ((co_await self.run(ann, ChunkRepository::delete_stale_step(ann.scope, {document.id, 2}, 100))).value()[0].affected, 2);
    EXPECT_EQ((co_await self.chunks().count(ann.scope, collection)).value(), 2);
    EXPECT_THAT((co_await self.documents().indexed_since(ann.scope, collection, 1, 10)).value(), SizeIs(1));

    const auto seen = (co_await self.documents().find(ann.scope, everybody(), document.id)).value().updated_at;
    EXPECT_EQ(code_of(co_await self.run(ann, DocumentRepository::remove_step(ann.scope, document.id, seen.plus(std::chrono::microseconds(-1)), self.clock.now()))), ErrorCode::precondition_failed);
    (co_await self.run(ann, DocumentRepository::remove_step(ann.scope, document.id, seen, self.clock.now()))).value();
    EXPECT_EQ(code_of(co_await self.run(ann, DocumentRepository::remove_step(ann.scope, document.id, std::nullopt, self.clock.now()))), ErrorCode::not_found);
    EXPECT_EQ(co_await self.found(ann, collection, "plums"), 0U);
    EXPECT_THAT((co_await self.documents().metadata_of(ann.scope, {document.id})).value(), SizeIs(0));
    EXPECT_EQ(code_of(co_await self.documents().find(ann.scope, everybody(), document.id)), ErrorCode::not_found);
    EXPECT_EQ((co_await self.run(ann, ChunkRepository::delete_stale_step(ann.scope, {document.id, std::numeric_limits<std::int64_t>::max()}, 100))).value()[0].affected, 2);
    (co_await self.run(ann, DocumentRepository::erase_step(ann.scope, document.id))).value();
    EXPECT_FALSE((co_await self.documents().remains(ann.scope, document.id)).value().has_value());
}

AGENTIC_CO_TEST_P(KnowledgeRows, OneDocumentForTheSameBytesAndForTheSameKey) {
    const auto ann = co_await self.user("a");
    const auto collection = co_await self.collection(ann, "c"), other = co_await self.collection(ann, "d");
    (co_await self.run(ann, DocumentRepository::insert_step(ann.scope, self.draft(collection, "one", "h1")))).value();
    EXPECT_EQ(code_of(co_await self.run(ann, DocumentRepository::insert_step(ann.scope, self.draft(collection, "two", "h1")))), ErrorCode::conflict);
    EXPECT_EQ(code_of(co_await self.run(ann, DocumentRepository::insert_step(ann.scope, self.draft(collection, "one", "h2")))), ErrorCode::conflict);
    EXPECT_TRUE((co_await self.run(ann, DocumentRepository::insert_step(ann.scope, self.draft(other, "one", "h1")))).has_value());
    EXPECT_EQ((co_await self.documents().with_hash(ann.scope, collection, "h1")).value()->title, "one");
    EXPECT_EQ((co_await self.documents().with_key(ann.scope, collection, "text:one")).value()->sha256, "h1");
}

AGENTIC_CO_TEST_P(KnowledgeRows, WhatIsSupersededWritesNothing) {
    const auto ann = co_await self.user("a");
    const auto collection = co_await self.collection(ann, "c");
    auto document = self.draft(collection, "one", "h1");
    (co_await self.run(ann, DocumentRepository::insert_step(ann.scope, document))).value();
    (co_await self.run(ann, DocumentRepository::start_step(ann.scope, {document.id, 1}, 1, self.clock.now()))).value();
    document.sha256 = "h2";
    (co_await self.run(ann, DocumentRepository::next_version_step(ann.scope, document))).value();
    const auto late = co_await self.run(ann, DocumentRepository::complete_step(ann.scope, {document.id, 1}, document));
    EXPECT_FALSE(late.has_value());
    EXPECT_TRUE(DocumentRepository::is_superseded(late.error()));
    const auto moved = co_await self.run(ann, CollectionRepository::advance_step(ann.scope, collection, 7));
    EXPECT_EQ(code_of(moved), ErrorCode::unavailable);
}

AGENTIC_CO_TEST_P(KnowledgeRows, ForeignWordsAndVectorsStayOut) {
    const auto ann = co_await self.user("a"), eve = co_await self.user("b");
    const auto mine = co_await self.collection(ann, "c"), theirs = co_await self.collection(eve, "c");
    for (const auto& [user, collection] : {std::pair(ann, mine), std::pair(eve, theirs)}) {
        auto document = self.draft(collection, "one", "h1");
        (co_await self.run(user, DocumentRepository::insert_step(user.scope, document))).value();
        co_await self.stage(user, document, {"red apples", "green pears"});
        (co_await self.complete(user, document)).value();
    }
    EXPECT_EQ(co_await self.found(eve, mine, "apples"), 0U) << "a foreign collection's words are found";
    EXPECT_EQ(co_await self.found(eve, theirs, "apples"), 1U);
    EXPECT_THAT((co_await self.chunks().vectors_after(eve.scope, mine, 1, Uuid(), 10)).value(), SizeIs(0));
}

AGENTIC_CO_TEST_P(KnowledgeRows, JobsAreClaimedOnceByTheirUrgency) {
    const auto ann = co_await self.user("a"), eve = co_await self.user("b");
    const auto now = self.clock.now();
    const auto owner = self.new_id();
    const auto add = [&self, now](TestUser user, std::int64_t priority, std::chrono::seconds delay) {
        JobRow job{.id = self.new_id(), .kind = "k", .subject_id = self.new_id(), .payload = {"{\"n\":1}"}, .priority = priority, .run_at = now.plus(delay), .created_at = now};
        return self.run(user, JobRepository::insert_step(user.scope, job));
    };
    (co_await add(ann, 0, std::chrono::seconds(0))).value();
    (co_await add(ann, 5, std::chrono::seconds(0))).value();
    (co_await add(eve, 0, std::chrono::hours(1))).value();
    const auto system = SystemScope::because("a test");
    EXPECT_EQ((co_await self.jobs().next_tenant(system, Uuid(), now)).value(), ann.principal.tenant_id);
    EXPECT_FALSE((co_await self.jobs().next_tenant(system, ann.principal.tenant_id, now)).value().has_value()) << "what is not due yet counts";
    const auto first = (co_await self.jobs().claim(ann.scope, owner, now)).value(), second = (co_await self.jobs().claim(ann.scope, owner, now)).value();
    EXPECT_EQ(first->priority, 5);
    EXPECT_EQ(second->priority, 0);
    EXPECT_EQ(first->attempts, 1);
    EXPECT_FALSE((co_await self.jobs().claim(ann.scope, owner, now)).value().has_value());
    const auto held = (co_await self.jobs().held_by(system, owner)).value();
    EXPECT_THAT(held, SizeIs(2));
    EXPECT_EQ(held.at(0).tenant_id, ann.principal.tenant_id);
    EXPECT_EQ(held.at(0).attempts, 1);

    // The owner has no heartbeat, so it is dead: its jobs go back, and it writes nothing any more.
    EXPECT_EQ((co_await self.jobs().recover(system, now)).value(), 2);
    const auto again = (co_await self.jobs().claim(ann.scope, self.new_id(), now)).value();
    EXPECT_EQ(again->attempts, 2);
    EXPECT_TRUE(JobRepository::is_fenced((co_await self.run(ann, JobRepository::note_step(ann.scope, {first->id, owner, first->attempts}, {"{}"}, now))).error()));
    (co_await self.run(ann, JobRepository::note_step(ann.scope, {again->id, *again->lease_owner, again->attempts}, {"{\"n\":2}"}, now))).value();
    const auto late = co_await self.run(ann, JobRepository::finish_step(ann.scope, {first->id, owner, first->attempts}, JobState::completed, std::nullopt, now));
    EXPECT_FALSE(late.has_value());
    EXPECT_TRUE(JobRepository::is_fenced(late.error()));
    EXPECT_TRUE((co_await self.run(ann, JobRepository::finish_step(ann.scope, {again->id, *again->lease_owner, again->attempts}, JobState::failed, "no", now))).has_value());
    EXPECT_EQ((co_await self.jobs().forget(system, now.plus(std::chrono::seconds(1)))).value(), 1);
}

AGENTIC_CO_TEST_P(KnowledgeRows, OneUnfinishedJobOfAKindForASubject) {
    const auto ann = co_await self.user("a");
    JobRow job{.id = self.new_id(), .kind = "k", .subject_id = self.new_id(), .run_at = self.clock.now(), .created_at = self.clock.now()};
    (co_await self.run(ann, JobRepository::insert_step(ann.scope, job))).value();
    job.id = self.new_id();
    const auto twin = co_await self.run(ann, JobRepository::insert_step(ann.scope, job));
    EXPECT_EQ(code_of(twin), ErrorCode::conflict);
    const auto cancelled = (co_await self.run(ann, JobRepository::cancel_step(ann.scope, job.subject_id, std::nullopt, self.clock.now()))).value();
    EXPECT_THAT(JobRepository::read_cancelled(cancelled[0]), SizeIs(1));
    EXPECT_TRUE((co_await self.run(ann, JobRepository::insert_step(ann.scope, job))).has_value());
}

AGENTIC_CO_TEST_P(KnowledgeRows, QueriesAreLoggedForTheirTenant) {
    const auto ann = co_await self.user("a"), eve = co_await self.user("b");
    RagQueryRow row{.id = self.new_id(), .user_id = ann.principal.user_id, .query = "what?", .collection_ids = {"[]"}, .mode = "hybrid", .top_k = 5, .chunk_ids = {"[]"},
                    .created_at = self.clock.now()};
    (co_await RagQueryRepository(self.db()).insert(ann.scope, row)).value();
    EXPECT_THAT((co_await RagQueryRepository(self.db()).list(ann.scope, 10)).value(), SizeIs(1));
    EXPECT_THAT((co_await RagQueryRepository(self.db()).list(eve.scope, 10)).value(), SizeIs(0));
}

TEST(StoredVectors, ComeBackAsTheyWere) {
    const std::vector<float> floats{1.0F, -0.5F, 3e-38F};
    EXPECT_EQ(floats_of(to_blob(floats)), floats);
    EXPECT_THROW(floats_of(Blob{"abc"}), std::logic_error);
}

}  // namespace
}  // namespace agentic::db::conformance
