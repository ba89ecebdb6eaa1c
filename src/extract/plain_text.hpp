#pragma once
#include <string_view>

#include "extract/document_builder.hpp"

namespace agentic::extract {

/// Plain text in any encoding: paragraphs are what empty lines and form feeds part; their lines stay.
void read_plain_text(std::string_view bytes, DocumentBuilder& out);

/// Comma-, semicolon-, tab- or bar-separated values (RFC 4180 with the usual liberties): one table, a line per record, cells joined by " | ".
void read_csv(std::string_view bytes, DocumentBuilder& out);

}  // namespace agentic::extract
