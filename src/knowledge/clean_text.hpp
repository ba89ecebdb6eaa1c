#pragma once
#include "knowledge/document.hpp"

namespace agentic::knowledge {

/// The form of a document that is chunked, stored and shown; its blocks are remapped to the new text.
/// Inside a paragraph, heading, list item or footnote each run of Unicode white space becomes one space; a table keeps its lines and tabs, code keeps its lines and
/// indentation. Blocks are parted by exactly one empty line. Soft hyphens (with the line break after them), zero-width spaces, byte order marks, bidirectional
/// controls and tag characters go; joiners (ZWJ, ZWNJ) stay, since scripts and emoji need them. Text that no block covers becomes paragraphs, so nothing visible is lost.
ExtractedDocument clean_text(const ExtractedDocument& document);

}  // namespace agentic::knowledge
