#include "services/runs/passages.hpp"

#include <algorithm>

#include "core/encoding.hpp"

namespace agentic::services {
namespace {

constexpr std::size_t kQuotePrefix = 48;   // a quote may join several sentences; its beginning says where it stands

std::optional<std::int64_t> page_of(const FoundPassage& found, std::string_view quote) {
    if (found.pages.empty()) return found.page_number;
    const auto at = found.passage.text.find(quote.substr(0, kQuotePrefix));
    const auto page = knowledge::page_at(found.pages, found.byte_begin + (at == std::string::npos ? 0 : at));
    return page == 0 ? found.page_number : std::optional<std::int64_t>(page);
}

void append_member(std::string& out, std::string_view name, std::string_view value) {
    out.append(",\"").append(name).append("\":");
    append_json_string(out, value);
}

void append_hit(std::string& out, const FoundPassage& found) {
    out += "{\"passage_id\":";
    append_json_string(out, found.passage.id);
    append_member(out, "chunk_id", found.chunk_id.to_string());
    append_member(out, "document_id", found.document_id.to_string());
    append_member(out, "document_title", found.document_title);
    append_member(out, "collection_id", found.collection_id.to_string());
    out += ",\"page_number\":" + (found.page_number ? std::to_string(*found.page_number) : "null") + ",\"section\":";
    if (found.section) append_json_string(out, *found.section);
    else out += "null";
    out += ",\"score\":" + std::to_string(found.score) + "}";
}

}  // namespace

bool has_collections(const db::AgentRow& agent) { return agent.collection_ids.text.find('"') != std::string::npos; }

std::string retrieval_data(const FoundPassages& found) {
    std::string out = "{\"mode\":";
    append_json_string(out, found.mode);
    out += ",\"hits\":[";
    for (const auto& passage : found.passages) {
        if (&passage != &found.passages.front()) out += ',';
        append_hit(out, passage);
    }
    return out += "]}";
}

std::vector<schemas::RunCitation> wire_citations(const std::vector<llm::Citation>& citations, const std::vector<FoundPassage>& found) {
    std::vector<schemas::RunCitation> out;
    for (const auto& citation : citations) {
        schemas::RunCitation wire{.passage_id = citation.passage_id, .title = citation.title, .quote = citation.quote};
        const auto source = std::ranges::find(found, citation.passage_id, [](const FoundPassage& each) -> const std::string& { return each.passage.id; });
        if (source != found.end()) {
            wire.chunk_id = source->chunk_id;
            wire.document_id = source->document_id;
            wire.document_title = source->document_title;
            wire.collection_id = source->collection_id;
            wire.page_number = page_of(*source, citation.quote);
            wire.section = source->section;
        }
        out.push_back(std::move(wire));
    }
    return out;
}

}  // namespace agentic::services
