// Searches by meaning while documents are replaced and deleted: what is gone takes no place from what is there.
#include <gmock/gmock.h>

#include "support/co_test.hpp"
#include "unit/services/knowledge/search_fixture.hpp"

namespace agentic::services {
namespace {

using test::Fixture, test::TestUser;
using testing::ElementsAre, testing::SizeIs;

const std::vector<float> kNear{1.0F, 0.0F}, kFar{0.6F, 0.8F};

struct Library : Fixture {
    test::FakeEmbedder embedder;

    Library() {
        embedders.installed = &embedder;
        clock.advance(std::chrono::hours(24 * 3650));   // ahead of the machine's: who waits for an index does so until it is there
    }
    Awaitable<void> close() {
        co_await service.stop();
        co_await indexes.stop();
    }

    Awaitable<std::vector<std::string>> titles(TestUser user, std::size_t top_k = 5) {
        SearchRequest request{.query = "q", .top_k = top_k, .mode = SearchMode::vector};
        const auto result = (co_await search(user, std::move(request))).value();
        std::vector<std::string> out;
        for (const auto& hit : result.hits) out.push_back(hit.chunk.document_title);
        co_return out;
    }
};

std::vector<std::string> many(std::size_t chunks) { return std::vector<std::string>(chunks, "words"); }

AGENTIC_CO_TEST(SearchIndex, AReplacedDocumentLeavesTheIndex) {
    Library f;
    const auto ann = co_await f.user("a");
    const auto collection = co_await f.collection(ann);
    auto large = f.draft(collection, "large");
    co_await f.publish(ann, large, many(700), kNear);
    co_await f.publish(ann, f.draft(collection, "small"), many(1), kFar);
    EXPECT_THAT(co_await f.titles(ann), SizeIs(5));
    large.version = 2;
    co_await f.publish(ann, large, many(2), kFar);
    EXPECT_THAT(co_await f.titles(ann), testing::UnorderedElementsAre("large", "large", "small"));
    const auto scopes = (co_await db::CollectionRepository(*f.database).scopes(ann.scope, db::CollectionAccess::of(ann.principal), 10)).value();
    const auto index = (co_await f.indexes.current(ann.scope, scopes.at(0), f.clock.steady() + std::chrono::seconds(5))).value();
    EXPECT_EQ(index->chunks(), 3U);
    co_await f.close();
}

AGENTIC_CO_TEST(SearchIndex, WhatAnotherProcessDeletedHidesNothing) {
    Library f;
    const auto ann = co_await f.user("a");
    const auto collection = co_await f.collection(ann);
    const auto large = f.draft(collection, "large");
    co_await f.publish(ann, large, many(700), kNear);
    co_await f.publish(ann, f.draft(collection, "small"), many(1), kFar);
    EXPECT_THAT(co_await f.titles(ann), SizeIs(5));
    co_await f.remove(ann, large.id);   // no more than its row: the index of this process is not told
    EXPECT_THAT(co_await f.titles(ann), ElementsAre("small"));
    co_await f.close();
}

AGENTIC_CO_TEST(SearchIndex, WhatIsReplacedDuringASearchIsFoundByIt) {
    Library f;
    const auto ann = co_await f.user("a");
    auto large = f.draft(co_await f.collection(ann), "large");
    co_await f.publish(ann, large, many(700), kNear);
    EXPECT_THAT(co_await f.titles(ann), SizeIs(5));
    large.version = 2;
    f.embedder.meanwhile = [&] { return f.publish(ann, large, many(3), kFar); };
    EXPECT_THAT(co_await f.titles(ann), ElementsAre("large", "large", "large"));
    co_await f.close();
}

AGENTIC_CO_TEST(SearchIndex, HitsCarryDetailsWhenTheyAreAskedFor) {
    Library f;
    const auto ann = co_await f.user("a");
    auto document = f.draft(co_await f.collection(ann), "d");
    document.extra_metadata = {R"({"team":"support"})"};
    for (const std::size_t filling : {10UL, 50'000UL}) {   // marked at once, and on another thread
        document.sha256 = document.title = document.source_key = std::to_string(filling);
        document.id = f.new_id();
        co_await f.publish(ann, document, std::vector<std::string>(2, "pear " + std::string(filling, 'x')));
    }
    SearchRequest request{.query = "pear", .top_k = 4, .mode = SearchMode::lexical};
    const auto plain = (co_await f.search(ann, request)).value();
    EXPECT_THAT(plain.hits, SizeIs(4));
    for (const auto& hit : plain.hits) EXPECT_TRUE(hit.highlights.empty() && hit.metadata.text == "{}");
    request.with_details = true;
    const auto detailed = (co_await f.search(ann, request)).value();
    EXPECT_THAT(detailed.hits, SizeIs(4));
    for (const auto& hit : detailed.hits) {
        EXPECT_THAT(hit.highlights, ElementsAre(knowledge::Highlight{0, 4}));
        EXPECT_EQ(hit.metadata.text, R"({"team":"support"})");
    }
    co_await f.close();
}

}  // namespace
}  // namespace agentic::services
