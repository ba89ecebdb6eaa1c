#include "embeddings/wordpiece.hpp"

#include <gtest/gtest.h>

#include "embeddings/model_config.hpp"
#include "embeddings/windows.hpp"
#include "support/temp_dir.hpp"
#include "tiny_model.hpp"

namespace agentic::embeddings {
namespace {

/// A vocabulary of what the cases need; parity over all of Unicode and with the real one is tests/embeddings/test_tokenizer.py.
WordPiece tokenizer() {
    auto pieces = test::tiny_pieces();
    pieces.insert(pieces.end(), {"cafe", "世", "界", "ᄒ", "##ᅡ", "##ᆫ", "σ", "!", "\U0001F970", "i", "##\u302E", "s"});
    WordPieceFiles files{.pieces = std::move(pieces), .literals = {{"[SEP]", 3}, {"[MASK]", 4}}, .unknown = 1, .first = 2, .last = 3};
    return WordPiece(files);
}

std::string pieces_of(std::string_view text) {
    auto names = test::tiny_pieces();
    names.insert(names.end(), {"cafe", "世", "界", "ᄒ", "##ᅡ", "##ᆫ", "σ", "!", "\U0001F970", "i", "##\u302E", "s"});
    std::string out;
    for (const auto id : tokenizer().encode(text)) out += (out.empty() ? "" : " ") + names[static_cast<std::size_t>(id)];
    return out;
}

TEST(WordPiece, TakesTheLongestPieceFirst) {
    EXPECT_EQ(pieces_of("Helloing, ab"), "hello ##ing , a ##b");
    EXPECT_EQ(pieces_of(""), "");
    EXPECT_EQ(pieces_of(" \t\n"), "");
}

TEST(WordPiece, NormalisesLikeBert) {
    EXPECT_EQ(pieces_of("Café"), "cafe");
    EXPECT_EQ(pieces_of("cafe\u0301"), "cafe") << "a combining accent";
    EXPECT_EQ(pieces_of("世界"), "世 界") << "ideographs are words";
    EXPECT_EQ(pieces_of("한"), "ᄒ ##ᅡ ##ᆫ") << "a Hangul syllable comes apart";
    EXPECT_EQ(pieces_of("İ"), "i") << "capital I with dot";
    EXPECT_EQ(pieces_of("Σ"), "σ") << "no final sigma";
    EXPECT_EQ(pieces_of("hel\u00ADlo\u200B\0hel\u0085lo"), "hello");
    EXPECT_EQ(pieces_of("a\u00A0b\u2003c"), "a b c");
    EXPECT_EQ(pieces_of("\U0001F970"), "\U0001F970");
    EXPECT_EQ(pieces_of("i\u302E"), "i ##\u302E");
}

TEST(WordPiece, GivesUpOnUnknownAndEndlessWords) {
    EXPECT_EQ(pieces_of("hello中b!"), "hello [UNK] b !");
    EXPECT_EQ(pieces_of("aß"), "[UNK]") << "the whole word";
    EXPECT_EQ(pieces_of("b" + std::string(99, 'a')).substr(0, 7), "b ##a #");
    EXPECT_EQ(pieces_of("b" + std::string(100, 'a') + " a"), "[UNK] a");
}

TEST(WordPiece, TakesSpecialTokensAsTheyStand) {
    EXPECT_EQ(pieces_of("a[SEP]b"), "a [SEP] b");
    EXPECT_EQ(pieces_of("[mask][MASK]"), "[UNK] m ##a ##s ##k [UNK] [MASK]") << "only in capitals";
}

TEST(WordPiece, SpansPointIntoTheText) {
    const std::string text = "x Café, ha한 \xFF! 世";
    std::vector<std::string> parts;
    for (const auto [begin, end] : tokenizer().tokens(text)) parts.push_back(text.substr(begin, end - begin));
    EXPECT_EQ(parts, (std::vector<std::string>{"x", "Café", ",", "ha한", "!", "世"}));
    EXPECT_EQ(tokenizer().count(text), 6U);
    EXPECT_EQ(tokenizer().encode(text, 2).size(), 2U);
}

TEST(WordPiece, DropsBytesThatAreNoText) {
    for (const std::string_view bad : {"\xC0\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xE4\xB8", "\x80"}) EXPECT_EQ(pieces_of("a" + std::string(bad) + "b"), "a ##b");
}

TEST(WordPieceFiles, ReadsBothForms) {
    const agentic::test::TempDir folder;
    test::write_tiny_model(folder.path(), true);
    auto files = read_wordpiece(folder.path());
    ASSERT_TRUE(files);
    EXPECT_EQ(files->first, 2);
    EXPECT_EQ(files->pieces.size(), 60U);
    test::write_text(folder / "tokenizer.json", R"({"model":{"type":"WordPiece","vocab":{"<s>":0,"</s>":1,"[UNK]":2,"hi":3},"unk_token":"[UNK]"},
        "normalizer":{"type":"BertNormalizer","lowercase":true,"strip_accents":null},"pre_tokenizer":{"type":"BertPreTokenizer"},
        "post_processor":{"type":"RobertaProcessing","sep":["</s>",1],"cls":["<s>",0]},"added_tokens":[{"id":4,"content":"<mask>"}]})");
    files = read_wordpiece(folder.path());
    ASSERT_TRUE(files) << files.error().public_message;
    EXPECT_EQ(files->first, 0);
    EXPECT_EQ(files->last, 1);
    EXPECT_EQ(files->pieces.at(4), "<mask>");
    test::write_text(folder / "tokenizer.json", R"({"model":{"type":"BPE"},"normalizer":{},"pre_tokenizer":{}})");
    EXPECT_EQ(read_wordpiece(folder.path()).error().code, ErrorCode::bad_request);
}

TEST(Windows, CoverEveryTokenAndOverlap) {
    EXPECT_EQ(windows_of(0, 10, 2), (std::vector<TokenRange>{{0, 0}}));
    EXPECT_EQ(windows_of(10, 10, 2), (std::vector<TokenRange>{{0, 10}}));
    for (std::size_t tokens = 11; tokens < 400; ++tokens) {
        const auto windows = windows_of(tokens, 10, 3);
        EXPECT_EQ(windows.front().begin, 0U);
        EXPECT_EQ(windows.back().end, tokens);
        for (std::size_t i = 0; i < windows.size(); ++i) {
            EXPECT_LE(windows[i].end - windows[i].begin, 10U);
            if (i > 0) { EXPECT_GE(windows[i - 1].end, windows[i].begin + 3); }
        }
    }
}

}  // namespace
}  // namespace agentic::embeddings
