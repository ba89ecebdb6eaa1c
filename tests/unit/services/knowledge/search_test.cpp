// Reranking in a search by words over SQLite; the searches themselves are tested through the API (tests/api/test_knowledge.py).
#include <gmock/gmock.h>

#include <array>
#include <functional>
#include <limits>

#include "core/log.hpp"
#include "support/co_test.hpp"
#include "unit/services/knowledge/search_fixture.hpp"

namespace agentic::services {
namespace {

using test::Fixture, test::TestUser;
using testing::ElementsAre, testing::SizeIs;

std::vector<std::string> texts_of(const SearchResult& result) {
    std::vector<std::string> out;
    for (const auto& hit : result.hits) out.push_back(hit.chunk.text);
    return out;
}

// The search's own order: the more often, the better.
std::vector<std::string> fruit() {
    std::vector<std::string> out{"pear pear pear", "pear pear and more", "pear and some more words"};
    return out;
}

AGENTIC_CO_TEST(SearchRerank, GivesTheOrderAndKeepsTheSearchsOwnScore) {
    Fixture f;
    const auto user = co_await f.user_with("a", fruit());
    const auto own = (co_await f.search(user, "pear", 3, false)).value();
    EXPECT_EQ(texts_of(own), fruit());
    EXPECT_FALSE(own.hits[0].before_rerank);
    f.embedders.chosen = &f.reranker;
    f.reranker.score_of = [](const std::string& text) { return static_cast<double>(text.size()) / 100; };
    const auto result = (co_await f.search(user, "pear", 3)).value();
    EXPECT_THAT(texts_of(result), ElementsAre(fruit()[2], fruit()[1], fruit()[0]));
    EXPECT_THAT(result.warnings, SizeIs(0));
    EXPECT_DOUBLE_EQ(result.hits[0].score, 0.24);
    EXPECT_EQ(result.hits[0].before_rerank->rank, 3U);
    EXPECT_DOUBLE_EQ(result.hits[0].before_rerank->score, own.hits[2].score);
    EXPECT_EQ(result.hits[2].before_rerank->rank, 1U);
    EXPECT_EQ(f.reranker.queries, std::vector<std::string>(1, "pear"));
    co_await f.service.stop();
}

AGENTIC_CO_TEST(SearchRerank, WhatIsDeletedMeanwhileIsNotAnswered) {
    Fixture f;
    const auto user = co_await f.user_with("a", fruit());
    f.embedders.chosen = &f.reranker;
    f.reranker.score_of = [](const std::string&) { return 0.5; };
    const auto document = (co_await f.search(user, "pear", 3)).value().hits.at(0).chunk.document_id;
    f.reranker.meanwhile = [&]() -> Awaitable<void> { return f.remove(user, document); };
    EXPECT_THAT((co_await f.search(user, "pear", 3)).value().hits, SizeIs(0));
    co_await f.service.stop();
}

AGENTIC_CO_TEST(SearchRerank, LeavesTiesAsTheyWere) {
    Fixture f;
    const auto user = co_await f.user_with("a", fruit());
    f.embedders.chosen = &f.reranker;
    f.reranker.score_of = [](const std::string& text) { return text.contains("some") ? 0.9 : 0.5; };
    EXPECT_THAT(texts_of((co_await f.search(user, "pear", 3)).value()), ElementsAre(fruit()[2], fruit()[0], fruit()[1]));
    co_await f.service.stop();
}

AGENTIC_CO_TEST(SearchRerank, ReadsFourForEachWantedAndAtMostAHundred) {
    Fixture f;
    std::vector<std::string> texts;
    for (int i = 0; i < 120; ++i) texts.push_back("pear number" + std::to_string(i));
    const auto user = co_await f.user_with("a", texts);
    f.embedders.chosen = &f.reranker;
    f.reranker.score_of = [](const std::string&) { return 0.5; };
    EXPECT_THAT((co_await f.search(user, "pear", 3)).value().hits, SizeIs(3));
    EXPECT_THAT(f.reranker.seen, SizeIs(12));
    EXPECT_THAT((co_await f.search(user, "pear", 50)).value().hits, SizeIs(50));
    EXPECT_THAT(f.reranker.seen, SizeIs(100));
    co_await f.service.stop();
}

AGENTIC_CO_TEST(SearchRerank, AFailureLeavesTheSearchsOrderAndSaysSo) {
    Fixture f;
    agentic::log::set_level(agentic::log::Level::error);
    const auto user = co_await f.user_with("a", fruit());
    const auto none = (co_await f.search(user, "pear", 2)).value();
    EXPECT_THAT(none.warnings, ElementsAre("No reranking model is installed; the order is the search's own"));
    f.embedders.failure = Error{.code = ErrorCode::unavailable, .public_message = "The reranking model x is not installed"};
    EXPECT_THAT((co_await f.search(user, "pear", 2)).value().warnings, ElementsAre("Not reranked: The reranking model x is not installed; the order is the search's own"));
    f.embedders.failure.reset();
    f.embedders.chosen = &f.reranker;
    f.reranker.failure = Error{.code = ErrorCode::deadline_exceeded, .public_message = "The model took too long"};
    const auto late = (co_await f.search(user, "pear", 2)).value();
    EXPECT_THAT(late.warnings, ElementsAre("Not reranked: The model took too long; the order is the search's own"));
    EXPECT_THAT(texts_of(late), ElementsAre(fruit()[0], fruit()[1]));
    EXPECT_FALSE(late.hits[0].before_rerank);
    EXPECT_DOUBLE_EQ(late.hits[0].score, 1) << "the search's own score";
    f.reranker.failure.reset();
    f.reranker.score_of = [](const std::string&) { return std::numeric_limits<double>::quiet_NaN(); };
    EXPECT_THAT((co_await f.search(user, "pear", 2)).value().warnings, ElementsAre("Not reranked: The reranking model gave no scores; the order is the search's own"));
    co_await f.service.stop();
}

AGENTIC_CO_TEST(SearchRerank, ReadsNothingOfOtherTenantsAndNothingBelowTheThreshold) {
    Fixture f;
    const auto ann = co_await f.user_with("a", fruit());
    std::vector<std::string> foreign(1, "pear secret");
    const auto eve = co_await f.user_with("b", std::move(foreign));
    f.embedders.chosen = &f.reranker;
    f.reranker.score_of = [](const std::string&) { return 0.01; };
    EXPECT_THAT((co_await f.search(eve, "pear", 5)).value().hits, SizeIs(1));
    EXPECT_THAT(f.reranker.seen, ElementsAre("pear secret"));
    EXPECT_THAT((co_await f.search(ann, "pear", 5, true, 0.99)).value().hits, SizeIs(1)) << "the threshold is of the search's score, and 0.01 passes";
    EXPECT_THAT(f.reranker.seen, ElementsAre(fruit()[0]));
    EXPECT_THAT((co_await f.search(ann, "nothing", 5)).value().hits, SizeIs(0));
    EXPECT_THAT(f.reranker.queries, SizeIs(2)) << "nothing to order";
    co_await f.service.stop();
}

}  // namespace
}  // namespace agentic::services
