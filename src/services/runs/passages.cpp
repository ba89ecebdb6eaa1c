#include "services/runs/passages.hpp"

#include <algorithm>

#include "core/encoding.hpp"
#include "services/runs/run_wire.hpp"

namespace agentic::services {
namespace {

constexpr std::size_t kShortestEvidence = 12;   // bytes: less of a quote says nothing about where it stands

constexpr std::string_view kBlanks = " \n\t\r";

bool is_blank(char c) { return kBlanks.contains(c); }

/// True when `text` begins with `words`, where any blanks stand for any blanks.
bool begins_with(std::string_view text, std::string_view words) {
    std::size_t at = 0;
    for (std::size_t i = 0; i < words.size(); ++i, ++at) {
        if (at >= text.size() || (is_blank(words[i]) ? !is_blank(text[at]) : words[i] != text[at])) return false;
        if (!is_blank(words[i])) continue;
        while (i + 1 < words.size() && is_blank(words[i + 1])) ++i;
        while (at + 1 < text.size() && is_blank(text[at + 1])) ++at;
    }
    return true;
}

/// Where a quote stands in the text. It may join sentences that stand apart there, with single blanks between: then its last part counts that is found.
std::optional<std::size_t> place_of(std::string_view quote, std::string_view text) {
    for (auto rest = quote; rest.size() >= std::min(kShortestEvidence, quote.size()) && !rest.empty();) {
        for (auto at = text.find(rest.front()); at != text.npos; at = text.find(rest.front(), at + 1)) {
            if (begins_with(text.substr(at), rest)) return at;
        }
        const auto next = rest.find_first_of(kBlanks);
        if (next == rest.npos) break;
        rest.remove_prefix(std::min(rest.find_first_not_of(kBlanks, next), rest.size()));
    }
    return std::nullopt;
}

std::optional<std::int64_t> page_of(const FoundPassage& found, std::string_view quote) {
    if (found.pages.empty()) return found.page_number;
    const auto page = knowledge::page_at(found.pages, found.byte_begin + place_of(quote, found.passage.text).value_or(0));
    return page == 0 ? found.page_number : std::optional<std::int64_t>(page);
}

void append_hit(std::string& out, const FoundPassage& found) {
    out += '{';
    append_member(out, "passage_id", found.passage.id);
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
