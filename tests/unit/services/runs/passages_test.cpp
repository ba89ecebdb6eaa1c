#include "services/runs/passages.hpp"

#include <gtest/gtest.h>

namespace agentic::services {
namespace {

FoundPassage two_pages() {
    return {.passage = {"src_1", "Guide, page 4", "First page says one. Second page says two."},
            .chunk_id = make_uuid_v7(1),
            .document_id = make_uuid_v7(2),
            .collection_id = make_uuid_v7(3),
            .document_title = "Guide",
            .page_number = 4,
            .pages = {{.at = 100, .page = 4}, {.at = 121, .page = 5}},
            .byte_begin = 100,
            .section = "Pages",
            .score = 0.5};
}

TEST(WireCitations, NameThePageOfTheQuotedSentence) {
    const std::vector<FoundPassage> found{two_pages()};
    const auto citations = wire_citations({{"src_1", "Guide, page 4", "First page says one."}, {"src_1", "Guide, page 4", "Second page says two."}}, found);
    EXPECT_EQ(citations[0].page_number, 4);
    EXPECT_EQ(citations[1].page_number, 5);
    EXPECT_EQ(citations[1].chunk_id, found[0].chunk_id);
    EXPECT_EQ(citations[1].document_title, "Guide");
    EXPECT_EQ(citations[1].section, "Pages");
}

TEST(WireCitations, FindQuotesThatJoinWhatStandsApart) {
    auto passage = two_pages();
    passage.passage.text = "First page says one.\n\nBoats\n\nThe boats are red. There are four.";
    passage.pages = {{.at = 100, .page = 4}, {.at = 122, .page = 5}};
    const auto page = [&](const char* quote) { return wire_citations({{"src_1", "Guide, page 4", quote}}, {passage})[0].page_number; };
    EXPECT_EQ(page("Boats The boats are red."), 5);          // a heading and what follows it
    EXPECT_EQ(page("First page says one. There are four."), 5);
    EXPECT_EQ(page("First page says one."), 4);
    EXPECT_EQ(page("Nothing of this is there."), 4);         // the chunk's own
    EXPECT_EQ(page(""), 4);
}

TEST(WireCitations, LeaveOthersAsTheyAre) {
    const auto citations = wire_citations({{"doc_1", "Hours", "At nine."}}, {two_pages()});
    EXPECT_FALSE(citations[0].chunk_id.has_value());
    EXPECT_EQ(schema::to_json(citations[0]), R"({"passage_id":"doc_1","title":"Hours","quote":"At nine."})");
}

TEST(RetrievalEvent, HoldsTheHitsWithoutTheirText) {
    const auto data = retrieval_data({.passages = {two_pages()}, .mode = "hybrid", .warnings = {}});
    EXPECT_TRUE(data.starts_with(R"({"mode":"hybrid","hits":[{"passage_id":"src_1","chunk_id":")")) << data;
    EXPECT_TRUE(data.contains(R"("page_number":4,"section":"Pages","score":0.5)")) << data;
    EXPECT_FALSE(data.contains("First page"));
    EXPECT_EQ(retrieval_data({.passages = {}, .mode = "lexical", .warnings = {}}), R"({"mode":"lexical","hits":[]})");
}

TEST(Collections, AreThereWhenOneIsNamed) {
    EXPECT_FALSE(has_collections({.collection_ids = {"[]"}}));
    EXPECT_TRUE(has_collections({.collection_ids = {R"(["0190a0b0-0000-7000-8000-000000000001"])"}}));
}

}  // namespace
}  // namespace agentic::services
