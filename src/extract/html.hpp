#pragma once
#include <string>
#include <string_view>

#include "extract/document_builder.hpp"

namespace agentic::extract {

/// The charset label of an HTML page: from `declared_type` ("text/html; charset=..."), else from a meta element in the first 4 KiB; empty when neither
/// says one.
std::string html_charset(std::string_view bytes, std::string_view declared_type);

/// The text a browser would show, from HTML in UTF-8: no scripts, styles, templates, hidden elements or comments. Nothing is fetched.
void read_html(const std::string& html, DocumentBuilder& out);

/// CommonMark with tables, as the page it renders to; a YAML front matter names title, author and language and stays as a code block.
void read_markdown(std::string_view bytes, DocumentBuilder& out);

}  // namespace agentic::extract
