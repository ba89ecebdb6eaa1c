#include "services/knowledge/context_text.hpp"

namespace agentic::services {

std::string source_text(const db::ChunkHitRow& chunk) {
    auto out = chunk.document_title;
    if (chunk.page_number) out += ", page " + std::to_string(*chunk.page_number);
    if (chunk.section) out += ", " + *chunk.section;
    return out;
}

std::string context_text(std::span<const SearchHit> hits) {
    std::string out;
    std::size_t number = 0;
    for (const auto& hit : hits) {
        if (!out.empty()) out += "\n\n";
        out += "[" + std::to_string(++number) + "] " + source_text(hit.chunk) + "\n" + hit.chunk.text;
    }
    return out;
}

}  // namespace agentic::services
