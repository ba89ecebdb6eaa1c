#pragma once
#include <string_view>

#include "knowledge/document.hpp"

namespace agentic::extract {

/// Loads the tables that poppler shares between documents. Called before the process locks itself in, since some are files.
void prepare_pdf();

/// A PDF's text by pages. Throws Failed: encrypted, no_text (only images), malformed, too_large. `bytes` outlives the call.
knowledge::ExtractedDocument extract_pdf(std::string_view bytes);

}  // namespace agentic::extract
