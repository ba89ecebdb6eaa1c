#include <gtest/gtest.h>

#include "extract/extract.hpp"
#include "extract/failed.hpp"
#include "support/document_checks.hpp"
#include "unit/extract/samples.hpp"

namespace agentic::extract {
namespace {

using knowledge::BlockKind;
using test::PdfSample;

knowledge::ExtractedDocument read(const std::string& bytes) {
    auto document = extract({.bytes = bytes, .file_name = "a.pdf", .declared_type = ""});
    EXPECT_EQ(test::fault_of(document), "");
    EXPECT_EQ(document.media_type, "application/pdf");
    return document;
}

std::string text_of(const knowledge::ExtractedDocument& document, std::size_t block) {
    const auto& b = document.blocks.at(block);
    return document.text.substr(b.begin, b.end - b.begin);
}

/// A column of running text at x: lines of about 200 points.
void column(PdfSample& pdf, double x, double y, const std::string& word, int lines) {
    for (int i = 0; i < lines; ++i) pdf.at(x, y - 12 * i, word + std::to_string(i) + " runs along the whole of this column");
}

TEST(Pdf, KeepsPagesTitleAuthorAndLanguage) {
    const auto document = read(PdfSample().at(50, 700, "First page.").page().page().at(50, 700, "Third page.").bytes());
    EXPECT_EQ(document.text, "First page.\n\nThird page.");
    EXPECT_EQ(document.page_count, 3U);
    EXPECT_EQ(document.blocks.at(0).page, 1U);
    EXPECT_EQ(document.blocks.at(1).page, 3U);
    EXPECT_EQ(document.title, "A title");
    EXPECT_EQ(document.author, "An author");
    EXPECT_EQ(document.language, "en-GB");
}

TEST(Pdf, JoinsHyphenatedWordsAndKeepsRealHyphens) {
    PdfSample pdf;
    pdf.at(50, 700, "This is about text extrac-").at(50, 688, "tion, which is a well-known and").at(50, 676, "often done task. It is a well-").at(50, 664, "known one, and a 50-").at(50, 652, "Year one too.");
    EXPECT_EQ(read(pdf.bytes()).text, "This is about text extraction, which is a well-known and often done task. It is a well-known one, and a 50- Year one too.");
}

TEST(Pdf, ReadsColumnsOneAfterTheOtherInWhateverOrderTheyAreDrawn) {
    PdfSample one;
    one.at(150, 760, "A title over both of the columns of the page", 14);
    column(one, 50, 700, "left", 8);
    column(one, 310, 700, "right", 8);
    PdfSample rows;
    rows.at(150, 760, "A title over both of the columns of the page", 14);
    for (int i = 0; i < 8; ++i) {
        for (const auto* side : {"left", "right"}) rows.at(side[0] == 'l' ? 50 : 310, 700 - 12 * i, side + std::to_string(i) + " runs along the whole of this column");
    }
    const auto document = read(one.bytes());
    EXPECT_EQ(read(rows.bytes()).text, document.text);
    EXPECT_TRUE(document.text.starts_with("A title over both"));
    EXPECT_LT(document.text.find("left7"), document.text.find("right0"));
    EXPECT_EQ(document.blocks.at(0).kind, BlockKind::heading);
}

TEST(Pdf, ReadsATableRowByRow) {
    PdfSample pdf;
    for (int i = 0; i < 6; ++i) pdf.at(50, 700 - 14 * i, "Name " + std::to_string(i)).at(300, 700 - 14 * i, "Value " + std::to_string(i));
    EXPECT_TRUE(read(pdf.bytes()).text.starts_with("Name 0 Value 0"));
    EXPECT_TRUE(read(pdf.bytes()).text.contains("Name 5 Value 5"));
}

TEST(Pdf, FindsParagraphsByDistanceAndIndent) {
    PdfSample pdf;
    pdf.at(50, 700, "The first paragraph goes on for a line and").at(50, 688, "ends here in the middle of its second one.");
    pdf.at(50, 666, "The second paragraph stands a bit lower and").at(50, 654, "has two lines of about the same length, too.");
    pdf.at(65, 642, "The third paragraph is indented, so it is a").at(50, 630, "new one though it stands at the usual place.");
    EXPECT_EQ(read(pdf.bytes()).blocks.size(), 3U);
}

TEST(Pdf, FindsHeadingsByTheirSize) {
    PdfSample pdf;
    pdf.at(50, 760, "Chapter", 18).at(50, 730, "Section", 13);
    for (int i = 0; i < 5; ++i) pdf.at(50, 700 - 12 * i, "This is the body of the document, line after line");
    pdf.at(50, 620, "Bold section", 10, true).at(50, 600, "And more body text.");
    const auto document = read(pdf.bytes());
    ASSERT_EQ(document.blocks.size(), 5U);
    EXPECT_EQ(document.blocks[0].level, 1);
    EXPECT_EQ(document.blocks[1].level, 2);
    EXPECT_EQ(document.blocks[2].kind, BlockKind::paragraph);
    EXPECT_EQ(document.blocks[3].level, 3);
    EXPECT_EQ(text_of(document, 3), "Bold section");
}

TEST(Pdf, FindsItemsOfLists) {
    PdfSample pdf;
    pdf.at(50, 700, "What there is:").at(60, 688, "\\225 one thing").at(60, 676, "\\225 another thing").at(60, 664, "3. a third");
    const auto document = read(pdf.bytes());
    ASSERT_EQ(document.blocks.size(), 4U);
    for (std::size_t i = 1; i < 4; ++i) EXPECT_EQ(document.blocks[i].kind, BlockKind::list_item) << i;
}

TEST(Pdf, ExpandsLigaturesAndPutsSpacesInGaps) {
    PdfSample pdf;
    pdf.raw("BT /F 10 Tf 50 700 Td [(o\\001ce) -400 (e\\002ect) -20 (s)] TJ ET\n");
    const auto document = read(pdf.bytes("/Encoding <</Type /Encoding /Differences [1 /ffi /ff]>>"));
    EXPECT_EQ(document.text, "office effects");
}

TEST(Pdf, TakesTextPrintedOverItselfOnce) {
    EXPECT_EQ(read(PdfSample().at(50, 700, "Poor bold").at(50.3, 700, "Poor bold").bytes()).text, "Poor bold");
}

TEST(Pdf, ReadsTurnedPages) {
    PdfSample pdf;
    pdf.raw("BT /F 10 Tf 0 1 -1 0 100 50 Tm (Written upwards) Tj ET\nBT /F 10 Tf 0 1 -1 0 112 50 Tm (on two lines) Tj ET\n");
    EXPECT_EQ(read(pdf.bytes()).text, "Written upwards on two lines");
}

TEST(Pdf, TakesActualTextForWhatIsDrawn) {
    PdfSample pdf;
    pdf.raw("BT /F 10 Tf 50 700 Td /Span <</ActualText (ffl)>> BDC (x) Tj EMC (uent) Tj ET\n");
    EXPECT_EQ(read(pdf.bytes()).text, "ffluent");
}

TEST(Pdf, SaysWhyThereIsNoText) {
    const auto reason = [](const std::string& bytes) {
        try {
            extract({.bytes = bytes, .file_name = "a.pdf", .declared_type = ""});
        } catch (const Failed& failed) {
            return std::string(to_string(failed.reason));
        }
        return std::string();
    };
    EXPECT_EQ(reason(PdfSample().raw("0 0 10 10 re f\n").bytes()), "no_text");
    EXPECT_EQ(reason("%PDF-1.4\n"), "malformed");
    auto locked = PdfSample().at(50, 700, "secret").bytes();
    locked.insert(locked.rfind("/Root"), "/Encrypt <</Filter /Standard /V 2 /R 3 /Length 128 /P -4 /O (" + std::string(32, 'o') + ") /U (" + std::string(32, 'u') + ")>> /ID [(a) (a)] ");
    EXPECT_EQ(reason(locked), "encrypted");
}

}  // namespace
}  // namespace agentic::extract
