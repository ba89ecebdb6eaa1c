#pragma once
// The rule of objects that clients fill as they like. Included by schemas/*.cpp only.
#include "schema/rules.hpp"

namespace agentic::schemas {

// They are read with every row they belong to: a hundred members of any size would make a short list of rows a large one.
inline constexpr schema::Bytes kFreeFormBytes = schema::at_most_bytes(16 << 10);

}  // namespace agentic::schemas
