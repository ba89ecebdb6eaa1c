#pragma once
#include <span>
#include <string>

#include "services/knowledge/search.hpp"

namespace agentic::services {

/// "Handbook, page 3, Guide > Install": a passage's source in words.
std::string source_text(const db::ChunkHitRow& chunk);

/// The hits as one text, numbered and with their sources: `[1] Handbook, page 3` and the quoted passage.
std::string context_text(std::span<const SearchHit> hits);

}  // namespace agentic::services
