#include "knowledge/clean_text.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace agentic::knowledge {
namespace {

ExtractedDocument document_of(std::vector<std::pair<BlockKind, std::string>> blocks) {
    ExtractedDocument out;
    for (auto& [kind, text] : blocks) {
        if (!out.text.empty()) out.text += "\n\n";
        out.blocks.push_back({.kind = kind, .begin = out.text.size(), .end = out.text.size() + text.size()});
        out.text += text;
    }
    return out;
}

std::string block_text(const ExtractedDocument& document, std::size_t i) {
    return document.text.substr(document.blocks[i].begin, document.blocks[i].end - document.blocks[i].begin);
}

TEST(CleanText, CollapsesWhiteSpaceInsideParagraphsAndKeepsThemApart) {
    const auto out = clean_text(document_of({{BlockKind::heading, "  A\u00A0 title\u3000here "}, {BlockKind::paragraph, "one\n two\t\tthree\u2009four"}, {BlockKind::paragraph, "five"}}));
    EXPECT_EQ(out.text, "A title here\n\none two three four\n\nfive");
    ASSERT_EQ(out.blocks.size(), 3U);
    EXPECT_EQ(block_text(out, 1), "one two three four");
    EXPECT_EQ(out.blocks[0].kind, BlockKind::heading);
}

TEST(CleanText, RemovesWhatNobodySees) {
    const auto out = clean_text(document_of({{BlockKind::paragraph, "\uFEFFinfor\u00AD\n  mation hy\u00ADphen zero\u200Bwidth \u202Egnp.exe\u202C a\u2060b x\U000E0041y"}}));
    EXPECT_EQ(out.text, "information hyphen zerowidth gnp.exe ab xy");
}

TEST(CleanText, RunsOfSoftHyphensTakeNoMoreThanTheirLength) {
    std::string hyphens;
    for (int i = 0; i < 200'000; ++i) hyphens += "\u00AD";
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_EQ(clean_text(document_of({{BlockKind::paragraph, "in" + hyphens + "for" + hyphens + " \n" + hyphens + "ma" + hyphens + "\u200B" + hyphens + "tion"}})).text, "information");
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5)) << "their square would take minutes";
}

TEST(CleanText, KeepsJoinersThatScriptsNeed) {
    EXPECT_EQ(clean_text(document_of({{BlockKind::paragraph, "\U0001F468\u200D\U0001F469 \u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645"}})).text, "\U0001F468\u200D\U0001F469 \u0645\u06CC\u200C\u062E\u0648\u0627\u0647\u0645");
}

TEST(CleanText, KeepsTheLinesOfTablesAndCode) {
    const auto out = clean_text(document_of({{BlockKind::table, "a \t b  c\n\n d\te \n"}, {BlockKind::code, "if x:\n    y = 1  \n\n\n\n  z"}}));
    EXPECT_EQ(block_text(out, 0), "a\tb c\nd\te");
    EXPECT_EQ(block_text(out, 1), "if x:\n    y = 1\n\n  z");
}

TEST(CleanText, DropsEmptyBlocksAndKeepsTextOutsideBlocks) {
    ExtractedDocument loose{.text = "before\n\n\u200B \n\ninside\n\nafter one\n\nafter two"};
    loose.blocks.push_back({.page = 3, .begin = 8, .end = 12});
    loose.blocks.push_back({.kind = BlockKind::heading, .level = 1, .page = 4, .begin = 14, .end = 20});
    const auto out = clean_text(loose);
    EXPECT_EQ(out.text, "before\n\ninside\n\nafter one\n\nafter two");
    ASSERT_EQ(out.blocks.size(), 4U);
    EXPECT_EQ(out.blocks[1].level, 1);
    EXPECT_EQ(out.blocks[3].page, 4U);
}

TEST(CleanText, SurvivesBlocksThatLieOutsideTheText) {
    ExtractedDocument odd{.text = "abc def"};
    odd.blocks = {{.begin = 4, .end = 900}, {.begin = 2, .end = 3}, {.begin = 1000, .end = 2000}};
    EXPECT_EQ(clean_text(odd).text, "abc\n\ndef");
}

TEST(CleanText, IsIdempotent) {
    const auto once = clean_text(document_of({{BlockKind::paragraph, " a  b\u00AD "}, {BlockKind::table, "x\t y\nz"}, {BlockKind::code, "  p\n\n\n\n    q"}}));
    const auto twice = clean_text(once);
    EXPECT_EQ(twice.text, once.text);
    EXPECT_EQ(twice.blocks.size(), once.blocks.size());
}

}  // namespace
}  // namespace agentic::knowledge
