#pragma once
#include "knowledge/extraction_failure.hpp"

namespace agentic::extract {

/// Thrown where a reader finds that no text will come of this file, and caught once, where the process decides how to end: the readers are deep
/// recursions and callbacks, and there is nothing to do on the way up.
struct Failed {
    knowledge::ExtractionFailure reason;
};

[[noreturn]] inline void fail_with(knowledge::ExtractionFailure reason) { throw Failed{reason}; }

}  // namespace agentic::extract
