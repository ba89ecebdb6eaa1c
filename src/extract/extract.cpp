#include "extract/extract.hpp"

#include "extract/detect.hpp"
#include "extract/document_builder.hpp"
#include "extract/encoding.hpp"
#include "extract/failed.hpp"
#include "extract/html.hpp"
#include "extract/office.hpp"
#include "extract/pdf/pdf.hpp"
#include "extract/plain_text.hpp"

namespace agentic::extract {
namespace {

using knowledge::ExtractionFailure;

/// Returns the media type.
std::string_view read(Format format, const Source& source, DocumentBuilder& out) {
    switch (format) {
        case Format::zip: return read_office(source.bytes, out);
        case Format::html: read_html(to_utf8(source.bytes, html_charset(source.bytes, source.declared_type)), out); break;
        case Format::markdown: read_markdown(source.bytes, out); break;
        case Format::csv: read_csv(source.bytes, out); break;
        case Format::text: read_plain_text(source.bytes, out); break;
        case Format::encrypted: fail_with(ExtractionFailure::encrypted);
        case Format::pdf: case Format::unsupported: fail_with(ExtractionFailure::unsupported_format);
    }
    return media_type_of(format);
}

}  // namespace

void prepare() {
    prepare_pdf();
    clean_text("e\xCC\x81");                    // loads the tables of normalization
    to_utf8("\xE4\xF6\xFC text in Latin-1");    // and those of the encoding detector
}

knowledge::ExtractedDocument extract(const Source& source) {
    const auto format = detect_format(source.bytes, source.file_name, source.declared_type);
    if (format == Format::pdf) {
        auto document = extract_pdf(source.bytes);
        document.media_type = media_type_of(format);
        return document;
    }
    DocumentBuilder out;
    const auto type = read(format, source, out);
    if (out.empty()) fail_with(ExtractionFailure::no_text);
    auto document = out.take();
    document.media_type = type;
    return document;
}

}  // namespace agentic::extract
