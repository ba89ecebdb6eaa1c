#include <gtest/gtest.h>

#include "extract/extract.hpp"
#include "extract/failed.hpp"
#include "support/document_checks.hpp"
#include "unit/extract/samples.hpp"

namespace agentic::extract {
namespace {

using knowledge::BlockKind;

knowledge::ExtractedDocument read(const std::string& bytes, std::string_view name, std::string_view type = "") {
    auto document = extract({.bytes = bytes, .file_name = name, .declared_type = type});
    EXPECT_EQ(test::fault_of(document), "") << name;
    return document;
}

std::string failure_of(const std::string& bytes, std::string_view name = "") {
    try {
        extract({.bytes = bytes, .file_name = name, .declared_type = ""});
    } catch (const Failed& failed) {
        return std::string(to_string(failed.reason));
    }
    return {};
}

/// One line a block: its kind's first letter, a heading's level, its text.
std::string outline(const knowledge::ExtractedDocument& document) {
    std::string out;
    for (const auto& block : document.blocks) {
        out += std::string(1, "phltcf"[static_cast<int>(block.kind)]) + (block.level > 0 ? std::to_string(block.level) : "") + ' ' + document.text.substr(block.begin, block.end - block.begin) + '\n';
    }
    return out;
}

TEST(Docx, ReadsStructure) {
    const std::string styles = R"(<w:styles xmlns:w="w"><w:style w:type="paragraph" w:styleId="A"><w:name w:val="heading 2"/></w:style>
        <w:style w:type="paragraph" w:styleId="B"><w:basedOn w:val="A"/></w:style></w:styles>)";
    const std::string notes = R"(<w:footnotes xmlns:w="w"><w:footnote w:id="0" w:type="separator"><w:p><w:r><w:t>no</w:t></w:r></w:p></w:footnote>
        <w:footnote w:id="2"><w:p><w:r><w:t>A note.</w:t></w:r></w:p></w:footnote></w:footnotes>)";
    const std::string relationships = R"(<R><Relationship Id="1" Type="x/styles" Target="styles.xml"/><Relationship Id="2" Type="x/footnotes" Target="footnotes.xml"/></R>)";
    const auto document = read(test::docx_of(
        R"(<w:p><w:pPr><w:pStyle w:val="B"/></w:pPr><w:r><w:t>Heading</w:t></w:r></w:p>
           <w:p><w:r><w:t xml:space="preserve">Some </w:t></w:r><w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden </w:t></w:r><w:ins><w:r><w:t>text</w:t></w:r></w:ins><w:del><w:r><w:delText>gone</w:delText></w:r></w:del>
             <w:r><w:footnoteReference w:id="2"/><w:t>.</w:t></w:r></w:p>
           <w:p><w:pPr><w:numPr/></w:pPr><w:r><w:t>An item</w:t></w:r></w:p>
           <w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>b</w:t></w:r></w:p><w:p><w:r><w:t>c</w:t></w:r></w:p></w:tc></w:tr><w:tr><w:tc><w:p/></w:tc></w:tr></w:tbl>
           <w:p><w:r><mc:AlternateContent><mc:Choice><w:drawing><w:txbxContent><w:p><w:r><w:t>A box</w:t></w:r></w:p></w:txbxContent></w:drawing></mc:Choice>
             <mc:Fallback><w:pict><w:txbxContent><w:p><w:r><w:t>A box</w:t></w:r></w:p></w:txbxContent></w:pict></mc:Fallback></mc:AlternateContent><w:t>After.</w:t></w:r></w:p>)",
        {{"word/styles.xml", styles}, {"word/footnotes.xml", notes}, {"word/_rels/document.xml.rels", relationships}, {"docProps/core.xml", "<c><dc:title>T</dc:title><dc:creator>A</dc:creator></c>"}}), "x");
    EXPECT_EQ(outline(document), "h2 Heading\np Some text.\nf A note.\nl An item\nt a | b c\np After.\np A box\n");
    EXPECT_EQ(document.title, "T");
    EXPECT_EQ(document.author, "A");
    EXPECT_TRUE(document.media_type.ends_with("wordprocessingml.document"));
}

TEST(Docx, TakesNoOutlineLevelThatIsNoDigit) {
    std::string body;
    for (const auto* level : {"2", "!", "9", "12"}) body += std::string("<w:p><w:pPr><w:outlineLvl w:val=\"") + level + "\"/></w:pPr><w:r><w:t>Text</w:t></w:r></w:p>";
    EXPECT_EQ(outline(read(test::docx_of(body), "x")), "h3 Text\np Text\np Text\np Text\n");
}

TEST(Office, ReadsSlidesAsPagesAndSheetsAsTables) {
    const auto slides = read(test::zip_of({{"ppt/presentation.xml", R"(<p:presentation><p:sldIdLst><p:sldId r:id="b"/><p:sldId r:id="a"/></p:sldIdLst></p:presentation>)"},
                                           {"ppt/_rels/presentation.xml.rels", R"(<R><Relationship Id="a" Type="x/slide" Target="slides/1.xml"/><Relationship Id="b" Type="x/slide" Target="slides/2.xml"/></R>)"},
                                           {"ppt/slides/1.xml", R"(<p:sld><p:cSld><p:spTree><p:sp><p:txBody><a:p><a:r><a:t>Last</a:t></a:r></a:p></p:txBody></p:sp></p:spTree></p:cSld></p:sld>)"},
                                           {"ppt/slides/2.xml", R"(<p:sld><p:cSld><p:spTree><p:sp><p:nvSpPr><p:nvPr><p:ph type="title"/></p:nvPr></p:nvSpPr><p:txBody><a:p><a:r><a:t>First</a:t></a:r></a:p></p:txBody></p:sp></p:spTree></p:cSld></p:sld>)"}}), "x");
    EXPECT_EQ(outline(slides), "h1 First\np Last\n");
    EXPECT_EQ(slides.page_count, 2U);
    EXPECT_EQ(slides.blocks.at(1).page, 2U);
    const auto sheets = read(test::zip_of({{"xl/workbook.xml", R"(<workbook><sheets><sheet name="Prices" r:id="1"/></sheets></workbook>)"},
                                           {"xl/_rels/workbook.xml.rels", R"(<R><Relationship Id="1" Type="x/worksheet" Target="s.xml"/><Relationship Id="2" Type="x/sharedStrings" Target="t.xml"/></R>)"},
                                           {"xl/t.xml", "<sst><si><t>bread</t></si></sst>"},
                                           {"xl/s.xml", R"(<s><sheetData><row><c r="A1" t="s"><v>0</v></c><c r="C1"><v>2.5</v></c></row></sheetData></s>)"}}), "x");
    EXPECT_EQ(outline(sheets), "h1 Prices\nt bread |  | 2.5\n");
}

TEST(Html, ShowsWhatABrowserShows) {
    const auto document = read(
        "<!doctype html><html lang=en><head><title>T</title><meta name=author content=A><style>s</style></head><body><h2>Head</h2><p>One <b>two</b>\n three<br>four<script>x</script></p>"
        "<ul><li>item<ul><li>inner</ul><li>last</ul><table><caption>Cap</caption><tr><th>a<th>b<tr><td>c<td><p>d</p></table><pre>  x\n    y</pre><template>t</template>"
        "<div hidden>h</div><span style='Display : none'>n</span><noscript>no</noscript><!-- c -->&eacute;&amp;</body>", "x.html");
    EXPECT_EQ(outline(document), "h2 Head\np One two three\nfour\nl item\nl inner\nl last\nt Cap\na | b\nc | d\nc x\n    y\np \xC3\xA9&\n");
    EXPECT_EQ(document.title, "T");
    EXPECT_EQ(document.author, "A");
    EXPECT_EQ(document.language, "en");
}

TEST(Html, ReadsLayoutTablesAsText) {
    EXPECT_EQ(outline(read("<html><table><tr><td><p>menu</p></td><td><table><tr><td>a</td><td>b</td></tr></table></td></tr></table>", "x")), "p menu\nt a | b\n");
}

TEST(Html, TakesTheCharsetFromMarkThenHeaderThenMeta) {
    EXPECT_EQ(read("<html><meta charset=windows-1251><p>\xCF\xF0\xE8\xE2\xE5\xF2", "x").text, "Привет");
    EXPECT_EQ(read("<html><meta charset=windows-1252><p>\xCF\xF0\xE8\xE2\xE5\xF2", "x", "text/html; charset=windows-1251").text, "Привет");
    EXPECT_EQ(read("\xEF\xBB\xBF<html><meta charset=windows-1251><p>Привет", "x").text, "Привет");
    EXPECT_EQ(read("<html><meta charset=windows-1251><p>Привет", "x").text, "Привет");   // it is UTF-8 after all
}

TEST(Markdown, ReadsStructureTablesAndFrontMatter) {
    const auto document = read("---\ntitle: \"T\"\nauthor: A\n---\n# Head\n\nOne *two* [three](http://x) `four`.\n\n- item\n- other\n\n| a | b |\n|---|---|\n| c | d |\n\n```\ncode  here\n```\n", "x.md");
    EXPECT_EQ(outline(document), "c title: \"T\"\nauthor: A\nh1 Head\np One two three four.\nl item\nl other\nt a | b\nc | d\nc code  here\n");
    EXPECT_EQ(document.title, "T");
    EXPECT_EQ(document.author, "A");
}

TEST(PlainText, KeepsParagraphsAndLines) {
    EXPECT_EQ(outline(read("One\r\ntwo\r\n\r\n \r\nthree\fFour\tfive \xC2\xAD!", "x")), "p One\ntwo\np three\np Four five !\n");
    EXPECT_EQ(read("old\rMac", "x.txt").text, "old\nMac");
}

TEST(PlainText, ComposesCharactersAndDropsWhatHidesText) {
    const std::string filler(200, 'x');
    EXPECT_EQ(read(filler + " e\xCC\x81 \xE2\x80\xAE" "abc\xF3\xA0\x81\x81\xE2\x80\x8B" "d\x01", "x.txt").text, filler + " \xC3\xA9 abcd");
}

TEST(Csv, ReadsQuotesAndFindsTheSeparator) {
    EXPECT_EQ(outline(read("a;b\n\"c;\"\"d\"\"\ne\";f\n\n", "x.csv")), "t a | b\nc;\"d\" e | f\n");
}

TEST(Detection, GoesByTheBytes) {
    EXPECT_EQ(read("<!DOCTYPE html><p>x", "x.txt").media_type, "text/html");
    EXPECT_EQ(read(test::docx_of("<w:p><w:r><w:t>x</w:t></w:r></w:p>"), "x.txt").media_type, "application/vnd.openxmlformats-officedocument.wordprocessingml.document");
    EXPECT_EQ(read("# x", "x.txt").media_type, "text/plain");
    EXPECT_EQ(read("# x", "x.MD").media_type, "text/markdown");
    EXPECT_EQ(read("# x", "", "text/markdown; charset=utf-8").media_type, "text/markdown");
    EXPECT_EQ(read("<h1 align=center>x</h1>\n\n# y", "README.md").media_type, "text/markdown");
    EXPECT_EQ(read("a,b", "x.csv").media_type, "text/csv");
    EXPECT_EQ(read(test::PdfSample().at(50, 700, "x").bytes(), "x.html").media_type, "application/pdf");
}

TEST(Detection, RefusesWhatIsNoDocument) {
    EXPECT_EQ(failure_of(test::zip_of({{"mimetype", "application/epub+zip"}})), "unsupported_format");
    EXPECT_EQ(failure_of(std::string("\x7F" "ELF\2\1\1\0\0\0", 10), "x.txt"), "unsupported_format");
    EXPECT_EQ(failure_of("{\\rtf1 x}", "x.txt"), "unsupported_format");
    EXPECT_EQ(failure_of(std::string("\0\1\2\3\4\5\6\7", 8) + "text", "x.txt"), "unsupported_format");
    EXPECT_EQ(failure_of("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 old Word", "x.docx"), "unsupported_format");
    EXPECT_EQ(failure_of("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1" + std::string("E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0", 32), "x.docx"), "encrypted");
}

}  // namespace
}  // namespace agentic::extract
