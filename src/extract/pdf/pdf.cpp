#include "extract/pdf/pdf.hpp"

#include <poppler/Catalog.h>
#include <poppler/Error.h>
#include <poppler/ErrorCodes.h>
#include <poppler/GlobalParams.h>
#include <poppler/PDFDoc.h>
#include <poppler/Page.h>
#include <poppler/Stream.h>

#include <memory>

#include "extract/document_builder.hpp"
#include "extract/failed.hpp"
#include "extract/pdf/columns.hpp"
#include "extract/pdf/glyph_text.hpp"
#include "extract/pdf/headings.hpp"
#include "extract/pdf/hyphens.hpp"
#include "extract/pdf/paragraphs.hpp"
#include "extract/pdf/segments.hpp"
#include "extract/pdf/text_device.hpp"

namespace agentic::extract {
namespace {

using knowledge::ExtractionFailure;

constexpr double kPointsPerInch = 72;
constexpr int kPagesMax = 100'000;
constexpr int kMissingPagesMax = 1000;   // in a row: a page count that the file does not hold

void ignore_error(ErrorCategory, Goffset, const char*) {}

std::string info_of(PDFDoc& document, const char* key) {
    const auto text = document.getDocInfoStringEntry(key);
    return text ? pdf::text_string(text->toStr()) : std::string();
}

std::string language_of(PDFDoc& document) {
    const auto catalog = document.getXRef()->getCatalog();
    if (!catalog.isDict()) return {};
    const auto language = catalog.dictLookup("Lang");
    return language.isString() ? pdf::text_string(language.getString()->toStr()) : std::string();
}

void read_page(pdf::TextDevice& device, std::uint32_t number, std::vector<pdf::Paragraph>& out) {
    auto& page = device.page();
    for (const auto& glyphs : page.glyphs) {
        if (!glyphs.empty()) pdf::group_lines(pdf::lines_in_reading_order(pdf::join_glyphs(page, glyphs)), number, out);
    }
    if (!page.slanted.empty()) out.push_back({.text = collapse_white_space(page.slanted), .page = number, .lines = 1});
}

std::vector<pdf::Paragraph> read_pages(PDFDoc& document, int pages) {
    std::vector<pdf::Paragraph> out;
    pdf::TextDevice device;
    std::size_t bytes = 0;
    int missing = 0;
    for (int number = 1; number <= pages && missing < kMissingPagesMax; ++number) {
        auto* page = document.getPage(number);
        if (page == nullptr || !page->isOk()) {
            ++missing;
            continue;
        }
        missing = 0;
        const auto first = out.size();
        page->display(&device, kPointsPerInch, kPointsPerInch, 0, false, true, false);
        read_page(device, static_cast<std::uint32_t>(number), out);
        for (auto i = first; i < out.size(); ++i) bytes += out[i].text.size();
        if (bytes > kTextBytesMax) fail_with(ExtractionFailure::too_large);
    }
    return out;
}

}  // namespace

void prepare_pdf() {
    static GlobalParamsIniter globals(ignore_error);
    globalParams->getUtf8Map();
}

knowledge::ExtractedDocument extract_pdf(std::string_view bytes) {
    prepare_pdf();
    PDFDoc document(new MemStream(bytes.data(), 0, static_cast<Goffset>(bytes.size()), Object(objNull)));   // the document owns the stream
    if (!document.isOk()) fail_with(document.getErrorCode() == errEncrypted ? ExtractionFailure::encrypted : ExtractionFailure::malformed);
    const int pages = document.getNumPages();
    if (pages <= 0) fail_with(ExtractionFailure::malformed);
    if (pages > kPagesMax) fail_with(ExtractionFailure::too_large);

    DocumentBuilder out;
    out.set_page_count(static_cast<std::uint32_t>(pages));
    out.set_title(info_of(document, "Title"));
    out.set_author(info_of(document, "Author"));
    out.set_language(language_of(document));
    auto paragraphs = read_pages(document, pages);
    pdf::resolve_hyphens(paragraphs);
    const pdf::Headings headings(paragraphs);
    for (const auto& paragraph : paragraphs) {
        const auto level = headings.level_of(paragraph);
        const auto kind = level > 0 ? knowledge::BlockKind::heading : paragraph.list_item ? knowledge::BlockKind::list_item : knowledge::BlockKind::paragraph;
        out.add(kind, paragraph.text, level, paragraph.page);
    }
    if (out.empty()) fail_with(ExtractionFailure::no_text);
    return out.take();
}

}  // namespace agentic::extract
