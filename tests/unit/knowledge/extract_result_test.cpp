#include "knowledge/extract_result.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <functional>

#include "knowledge/extract_wire.hpp"

namespace agentic::knowledge {
namespace {

/// A result of two blocks, that a test may bend before it is put into bytes.
struct Result2 {
    wire::ResultHead head;
    wire::ResultBlock blocks[2];
    std::string strings = "text/plainTitleAuthoren";
    std::string text = "Title\n\nBody.";

    Result2() {
        head.page_count = 2;
        head.block_count = 2;
        head.text_bytes = static_cast<std::uint32_t>(text.size());
        head.string_bytes[0] = 10;
        head.string_bytes[1] = 5;
        head.string_bytes[2] = 6;
        head.string_bytes[3] = 2;
        blocks[0].end = 5;
        blocks[0].page = 1;
        blocks[0].kind = 1;
        blocks[0].level = 1;
        blocks[1].begin = 7;
        blocks[1].end = 12;
        blocks[1].page = 2;
    }

    std::string bytes() const {
        std::string out(reinterpret_cast<const char*>(&head), sizeof head);
        out += strings;
        out.append(reinterpret_cast<const char*>(blocks), sizeof blocks);
        return out + text;
    }
};

TEST(ExtractResult, ReadsWhatAReaderWrote) {
    const auto document = read_extract_result(Result2().bytes());
    ASSERT_TRUE(document);
    EXPECT_EQ(document->text, "Title\n\nBody.");
    EXPECT_EQ(document->media_type, "text/plain");
    EXPECT_EQ(document->title, "Title");
    EXPECT_EQ(document->author, "Author");
    EXPECT_EQ(document->language, "en");
    EXPECT_EQ(document->page_count, 2U);
    ASSERT_EQ(document->blocks.size(), 2U);
    EXPECT_EQ(document->blocks[0].kind, BlockKind::heading);
    EXPECT_EQ(document->blocks[1].begin, 7U);
    EXPECT_EQ(document->blocks[1].page, 2U);
}

TEST(ExtractResult, RefusesEveryPrefixAndEveryExtension) {
    const auto whole = Result2().bytes();
    for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(read_extract_result(std::string_view(whole).substr(0, size))) << size;
    EXPECT_FALSE(read_extract_result(whole + "x"));
}

TEST(ExtractResult, RefusesWhatCannotBe) {
    const std::pair<const char*, std::function<void(Result2&)>> cases[] = {
        {"magic", [](Result2& r) { r.head.magic ^= 1; }},
        {"a block count beyond the limit", [](Result2& r) { r.head.block_count = 0xFFFFFFFF; }},
        {"a text size beyond the limit", [](Result2& r) { r.head.text_bytes = 0xFFFFFFFF; }},
        {"a long string", [](Result2& r) { r.head.string_bytes[0] = 0xFFFF; }},
        {"an unknown kind", [](Result2& r) { r.blocks[1].kind = 6; }},
        {"a level of no heading", [](Result2& r) { r.blocks[1].level = 1; }},
        {"a heading without level", [](Result2& r) { r.blocks[0].level = 0; }},
        {"level 7", [](Result2& r) { r.blocks[0].level = 7; }},
        {"an empty block", [](Result2& r) { r.blocks[1].end = 7; }},
        {"a block that ends before it begins", [](Result2& r) { r.blocks[1].end = 6; }},
        {"a block past the end", [](Result2& r) { r.blocks[1].end = 13; }},
        {"blocks that overlap", [](Result2& r) { r.blocks[1].begin = 4; }},
        {"text outside blocks", [](Result2& r) { r.blocks[1].begin = 8; }},
        {"a page that is not there", [](Result2& r) { r.blocks[1].page = 3; }},
        {"a control character", [](Result2& r) { r.text[8] = '\x1B'; }},
        {"a carriage return", [](Result2& r) { r.text[8] = '\r'; }},
        {"invalid UTF-8", [](Result2& r) { r.text[8] = '\xFF'; }},
        {"a character cut in two", [](Result2& r) { r.text.replace(4, 2, "\xC3\xA9"); }},
        {"a line end in the title", [](Result2& r) { r.strings[11] = '\n'; }},
    };
    for (const auto& [what, bend] : cases) {
        Result2 result;
        bend(result);
        const auto document = read_extract_result(result.bytes());
        ASSERT_FALSE(document) << what;
        EXPECT_EQ(document.error().code, ErrorCode::internal_error) << what;
    }
}

}  // namespace
}  // namespace agentic::knowledge
