#include "knowledge/highlights.hpp"

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

TEST(Highlights, StandInOrderAtCodePoints) {
    std::mt19937_64 random(3);
    static const std::string kPieces[] = {"word ", "检", "👍", "é", ". ", "\n\n", "price ", std::string(90, 'x'), "\u200B", " "};
    for (int i = 0; i < 5'000; ++i) {
        std::string text;
        for (auto n = random() % 60; n > 0; --n) text += kPieces[random() % std::size(kPieces)];
        std::size_t behind = 0;
        for (const auto& [begin, end] : highlights(text, "price 检 word")) {
            ASSERT_TRUE(begin >= behind && begin < end && end <= text.size());
            ASSERT_TRUE(is_code_point_start(text, begin) && is_code_point_start(text, end));
            behind = end;
        }
    }
}

}  // namespace
}  // namespace agentic::knowledge
