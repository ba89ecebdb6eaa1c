#pragma once
#include "knowledge/document.hpp"

namespace agentic::extract {

/// Writes the document to `descriptor` in the form of knowledge/extract_wire.hpp. False when the reader has gone.
bool write_result(int descriptor, const knowledge::ExtractedDocument& document);

}  // namespace agentic::extract
