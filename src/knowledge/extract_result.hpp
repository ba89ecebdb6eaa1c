#pragma once
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "knowledge/document.hpp"

namespace agentic::knowledge {

/// Reads the result that a sandboxed reader wrote (extract_wire.hpp). Nothing in it is believed: sizes, ranges, kinds, UTF-8 and the absence of control
/// characters are checked. Fails with `internal_error` and says what was wrong; `bytes` must hold exactly one result.
Result<ExtractedDocument> read_extract_result(std::string_view bytes);

}  // namespace agentic::knowledge
