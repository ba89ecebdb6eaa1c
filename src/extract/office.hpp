#pragma once
#include <string_view>

#include "extract/document_builder.hpp"
#include "extract/zip_package.hpp"

namespace agentic::extract {

/// An Office Open XML package: DOCX, PPTX or XLSX by its main part. Returns the media type. Throws Failed{unsupported_format} for other ZIP files.
std::string_view read_office(std::string_view bytes, DocumentBuilder& out);

/// WordprocessingML: body, tables, text boxes in their place, foot- and endnotes after the paragraph that names them; no deleted or hidden text.
void read_docx(ZipPackage& package, const std::string& document, DocumentBuilder& out);
/// PresentationML: the slides in their order, a page each; notes as footnotes.
void read_pptx(ZipPackage& package, const std::string& presentation, DocumentBuilder& out);
/// SpreadsheetML: each sheet's name as a heading, its cells as a table with the values that the file has cached.
void read_xlsx(ZipPackage& package, const std::string& workbook, DocumentBuilder& out);

}  // namespace agentic::extract
