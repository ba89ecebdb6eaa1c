#include "knowledge/chunker.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "fake_tokens.hpp"
#include "knowledge/outline.hpp"

namespace agentic::knowledge {
namespace {

using namespace test;

// "# Title", "## Title" are headings, "@2" turns to page 2, everything else is a paragraph.
ExtractedDocument document_of(std::initializer_list<std::string> parts) {
    ExtractedDocument out;
    std::uint32_t page = 0;
    for (auto text : parts) {
        if (text.starts_with("@")) {
            page = static_cast<std::uint32_t>(std::stoul(text.substr(1)));
            out.page_count = page;
            continue;
        }
        TextBlock block{.page = page};
        if (const auto level = text.find_first_not_of('#'); level > 0) {
            block.kind = BlockKind::heading;
            block.level = static_cast<std::uint8_t>(level);
            text = text.substr(level + 1);
        }
        if (!out.text.empty()) out.text += "\n\n";
        block.begin = out.text.size();
        out.text += text;
        block.end = out.text.size();
        out.blocks.push_back(block);
    }
    return out;
}

std::string words(std::size_t n, const std::string& word = "word") {
    std::string out;
    for (std::size_t i = 0; i < n; ++i) out += (i ? " " : "") + word;
    return out;
}

std::vector<std::string> texts(const ExtractedDocument& document, const std::vector<Chunk>& chunks) {
    std::vector<std::string> out;
    for (const auto& chunk : chunks) out.push_back(document.text.substr(chunk.begin, chunk.end - chunk.begin));
    return out;
}

const WordPieces kTokens;

TEST(Chunker, FixedFillsChunksAndOverlaps) {
    const auto document = document_of({words(25)});
    const auto chunks = chunk_document(document, kTokens, {.chunk_size = 10, .chunk_overlap = 2});
    EXPECT_EQ(texts(document, chunks), (std::vector{words(10), words(10), words(9)}));
    EXPECT_EQ(chunks[1].begin, chunks[0].end - words(2).size());
    EXPECT_EQ(chunks[0].token_count, 10U);
}

TEST(Chunker, FixedPrefersASentenceEndInTheLastFifth) {
    const auto document = document_of({words(9) + " end. " + words(20)});
    const auto chunks = chunk_document(document, kTokens, {.chunk_size = 12, .chunk_overlap = 0});
    EXPECT_EQ(texts(document, chunks)[0], words(9) + " end.");
    const auto early = document_of({words(3) + " end. " + words(20)});
    EXPECT_EQ(texts(early, chunk_document(early, kTokens, {.chunk_size = 12, .chunk_overlap = 0}))[0], words(3) + " end. " + words(7));
}

TEST(Chunker, SentenceKeepsSentencesWholeAndOverlapsByWholeOnes) {
    const auto document = document_of({"One two three. Four five six. Seven eight nine. Ten eleven twelve."});
    const auto chunks = chunk_document(document, kTokens, {.strategy = ChunkingStrategy::sentence, .chunk_size = 13, .chunk_overlap = 7});
    EXPECT_EQ(texts(document, chunks), (std::vector<std::string>{"One two three. Four five six.", "Four five six. Seven eight nine.", "Seven eight nine. Ten eleven twelve."}));
}

TEST(Chunker, SemanticCutsAtHeadingsMergesSmallAndSplitsLarge) {
    const auto document = document_of({"# Guide", words(3), "## Install", words(30), "### Linux", words(12), "## Use", "Short. " + words(60)});
    const auto chunks = chunk_document(document, kTokens, {.strategy = ChunkingStrategy::semantic, .chunk_size = 40, .chunk_overlap = 4});
    ASSERT_EQ(chunks.size(), 4U);
    const auto got = texts(document, chunks);
    EXPECT_TRUE(got[0].starts_with("Guide\n\n")) << got[0];  // too small to stand alone
    EXPECT_TRUE(got[0].ends_with(words(30))) << got[0];
    EXPECT_EQ(chunks[0].section, "Guide > Install");
    EXPECT_EQ(got[1], "Linux\n\n" + words(12));
    EXPECT_EQ(chunks[1].section, "Guide > Install > Linux");
    EXPECT_TRUE(got[2].starts_with("Use\n\nShort."));
    EXPECT_EQ(chunks[3].section, "Guide > Use");
    EXPECT_EQ(chunks[1].begin, chunks[0].end + 2);  // no overlap where a section begins
}

TEST(Chunker, SemanticKeepsAHeadingWithItsText) {
    const auto document = document_of({words(14), "# Next", words(14)});
    const auto got = texts(document, chunk_document(document, kTokens, {.strategy = ChunkingStrategy::semantic, .chunk_size = 16, .chunk_overlap = 0}));
    EXPECT_EQ(got, (std::vector<std::string>{words(14), "Next\n\n" + words(14)}));
}

TEST(Chunker, SectionsKeepTheirLastEightTitlesCutAtACodePoint) {
    const std::string title(119, 't');
    const auto document = document_of({"# a", "## b", "### c", "#### d", "##### e", "###### f", "####### g", "######## h", "######### " + title + "\u00FCx", words(3)});
    const auto chunks = chunk_document(document, kTokens, {.strategy = ChunkingStrategy::semantic, .chunk_size = 400, .chunk_overlap = 0});
    ASSERT_EQ(chunks.size(), 1U);
    EXPECT_EQ(chunks[0].section, "b > c > d > e > f > g > h > " + title + "\u2026");
}

std::size_t resident_bytes() {
    std::size_t total = 0, resident = 0;
    std::ifstream("/proc/self/statm") >> total >> resident;
    return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

TEST(Outline, KeepsAFewBytesForEachHeading) {
    ExtractedDocument document{.text = std::string(120, 't')};
    for (std::size_t i = 0; i < 100'000; ++i) document.blocks.push_back({.kind = BlockKind::heading, .level = static_cast<std::uint8_t>(1 + std::min<std::size_t>(i, 8)), .begin = 0, .end = 120});
    const auto before = resident_bytes();
    const Outline outline(document);
    EXPECT_LT(resident_bytes() - std::min(before, resident_bytes()), std::size_t{30} << 20) << "a path for each would take 90 MB";
    EXPECT_EQ(outline.pages(0, 120).size(), 0U);
}

TEST(Chunker, KnowsThePageOfEveryByte) {
    const auto document = document_of({"@1", words(5), "@2", words(5, "next"), "@3", words(5, "last")});
    const auto chunks = chunk_document(document, kTokens, {.chunk_size = 12, .chunk_overlap = 0});
    ASSERT_EQ(chunks.size(), 2U);
    EXPECT_EQ(chunks[0].page, 1U);
    EXPECT_EQ(chunks[0].last_page, 3U);
    ASSERT_EQ(chunks[0].pages.size(), 3U);
    EXPECT_EQ(page_at(chunks[0].pages, document.text.find("next")), 2U);
    EXPECT_EQ(page_at(chunks[0].pages, document.text.find("next") - 1), 1U);
    EXPECT_EQ(chunks[1].page, 3U);
}

TEST(Chunker, CutsTextWithoutSpaces) {
    std::string chinese;
    for (int i = 0; i < 100; ++i) chinese += "检";
    const auto document = document_of({std::string(5'000, 'w'), chinese});
    const auto chunks = chunk_document(document, kTokens, {.chunk_size = 20, .chunk_overlap = 5});
    for (const auto& chunk : chunks) {
        EXPECT_LE(chunk.end - chunk.begin, 640U);
        EXPECT_LE(chunk.token_count, 20U);
    }
    EXPECT_GT(chunks.size(), 12U);
}

/// Counts how often it is asked.
struct CountingPieces final : WordPieces {
    std::size_t count(std::string_view text) const override {
        ++asked;
        return WordPieces::count(text);
    }
    mutable int asked = 0;
};

TEST(Chunker, StopsAtTheMostChunksAndWhenItIsTold) {
    const auto document = document_of({words(1'000)});
    const ChunkingOptions many{.chunk_size = 16, .chunk_overlap = 15};
    auto few = many;
    few.chunks_max = 3;
    const CountingPieces tokens;
    const auto chunks = chunk_document(document, tokens, few);
    EXPECT_EQ(chunks.size(), 3U);
    EXPECT_LT(tokens.asked, 20) << "the rest is not cut to be thrown away";
    int asked = 0;
    EXPECT_EQ(chunk_document(document, kTokens, many, [&] { return ++asked > 5; }).size(), 5U);
    few.chunks_max = 2'000;
    EXPECT_EQ(chunk_document(document, kTokens, few, [] { return false; }).size(), chunk_document(document, kTokens, many).size());
}

TEST(Chunker, EmptyAndTinyDocuments) {
    EXPECT_TRUE(chunk_document({}, kTokens, {}).empty());
    EXPECT_TRUE(chunk_document({.text = " \n\n "}, kTokens, {}).empty());
    const auto document = document_of({"x"});
    EXPECT_EQ(chunk_document(document, kTokens, {}).size(), 1U);
    EXPECT_EQ(chunk_document(document, kTokens, {.chunk_size = 0, .chunk_overlap = 9}).size(), 1U);
}

}  // namespace
}  // namespace agentic::knowledge
