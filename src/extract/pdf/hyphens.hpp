#pragma once
#include <vector>

#include "extract/pdf/paragraphs.hpp"

namespace agentic::extract::pdf {

/// Decides each kMaybeHyphen by the document's own words: "extrac|tion" loses its hyphen, "well|known" keeps it when the document has "well-known"
/// within a line and never "wellknown".
void resolve_hyphens(std::vector<Paragraph>& paragraphs);

}  // namespace agentic::extract::pdf
