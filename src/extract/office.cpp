#include "extract/office.hpp"

#include "extract/failed.hpp"
#include "extract/ooxml.hpp"

namespace agentic::extract {

namespace {

std::string root_name(ZipPackage& package, const std::string& part) {
    const auto main = load_part(package, part);
    return std::string(local_name(main->document.document_element()));
}

}  // namespace

std::string_view read_office(std::string_view bytes, DocumentBuilder& out) {
    ZipPackage package(bytes);
    const auto part = main_part(package);
    if (part.empty() || !package.has(part)) fail_with(knowledge::ExtractionFailure::unsupported_format);
    const auto kind = root_name(package, part);
    read_core_properties(package, out);
    if (kind == "document") {
        read_docx(package, part, out);
        return "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    }
    if (kind == "presentation") {
        read_pptx(package, part, out);
        return "application/vnd.openxmlformats-officedocument.presentationml.presentation";
    }
    if (kind == "workbook") {
        read_xlsx(package, part, out);
        return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    }
    fail_with(knowledge::ExtractionFailure::unsupported_format);
}

}  // namespace agentic::extract
