#include "knowledge/snippet.hpp"

#include <gtest/gtest.h>

#include <random>

#include "core/utf8.hpp"

namespace agentic::knowledge {
namespace {

std::vector<std::string> highlighted(std::string_view text, const std::vector<Highlight>& at) {
    std::vector<std::string> out;
    for (const auto& [begin, end] : at) out.emplace_back(text.substr(begin, end - begin));
    return out;
}

TEST(Highlights, FindWordsInTheirForms) {
    const std::string_view text = "Prices in ZÜRICH: the price's rise, pricey.";
    EXPECT_EQ(highlighted(text, highlights(text, "zurich price")), (std::vector<std::string>{"Prices", "ZÜRICH", "price's"}));
    EXPECT_TRUE(highlights(text, "the").size() == 1);
    EXPECT_TRUE(highlights(text, "?").empty());
}

TEST(Highlights, JoinPairsOfUnspacedCharacters) {
    const std::string_view text = "新的检索系统，索系。";
    EXPECT_EQ(highlighted(text, highlights(text, "检索系统")), (std::vector<std::string>{"检索系统", "索系"}));
}

TEST(Snippet, ShowsTheStretchWithMostOfTheQuery) {
    std::string text;
    for (int i = 0; i < 30; ++i) text += "Filler sentence about the price of nothing at all. ";
    text += "The price of tea in Zürich rose. ";
    for (int i = 0; i < 30; ++i) text += "More filler without anything. ";
    const auto snippet = make_snippet(text, "tea price zurich", 120);
    EXPECT_LE(snippet.text.size(), 120U);
    EXPECT_TRUE(snippet.text.contains("The price of tea in Zürich rose.")) << snippet.text;
    EXPECT_TRUE(snippet.text.starts_with("…") && snippet.text.ends_with("…"));
    EXPECT_EQ(highlighted(snippet.text, snippet.highlights), (std::vector<std::string>{"price", "price", "tea", "Zürich"}));
}

TEST(Snippet, WithoutAFindIsTheBeginning) {
    EXPECT_EQ(make_snippet("short", "nothing").text, "short");
    EXPECT_EQ(make_snippet("one two three four five", "nothing", 16).text, "one two…");
}

TEST(Snippet, StaysInBoundsAndAtCodePoints) {
    std::mt19937_64 random(3);
    static const std::string kPieces[] = {"word ", "检", "👍", "é", ". ", "\n\n", "price ", std::string(90, 'x'), "\u200B", " "};
    for (int i = 0; i < 5'000; ++i) {
        std::string text;
        for (auto n = random() % 60; n > 0; --n) text += kPieces[random() % std::size(kPieces)];
        const auto bytes_max = 12 + random() % 200;
        const auto snippet = make_snippet(text, "price 检 word", bytes_max);
        ASSERT_LE(snippet.text.size(), bytes_max) << text;
        std::size_t behind = 0;
        for (const auto& [begin, end] : snippet.highlights) {
            ASSERT_TRUE(begin >= behind && begin < end && end <= snippet.text.size());
            ASSERT_TRUE(is_code_point_start(snippet.text, begin) && is_code_point_start(snippet.text, end));
            behind = end;
        }
        for (std::size_t at = 0; at < snippet.text.size();) ASSERT_NE(next_code_point(snippet.text, at), U'\uFFFD');
    }
}

}  // namespace
}  // namespace agentic::knowledge
