#pragma once
#include <vector>

#include "core/json_text.hpp"
#include "core/uuid.hpp"

namespace agentic {

/// A JSON array of the ids, as statements take lists and rows keep them.
JsonText ids_to_json(const std::vector<Uuid>& ids);

}  // namespace agentic
