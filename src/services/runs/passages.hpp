#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "async/types.hpp"
#include "core/tenant.hpp"
#include "db/repositories/agents.hpp"
#include "knowledge/chunker.hpp"
#include "providers/llm/llm_client.hpp"
#include "schemas/execute.hpp"

namespace agentic::services {

/// A chunk of a collection that was found for a run, as the model gets it and as its citations name it.
struct FoundPassage {
    llm::Passage passage;                        // ids src_1, src_2, ...
    Uuid chunk_id, document_id, collection_id;
    std::string document_title;
    std::optional<std::int64_t> page_number;     // of the chunk's first byte
    std::vector<knowledge::PageStart> pages;     // where its pages begin, in the document's text
    std::size_t byte_begin = 0;                  // of the chunk in the document's text
    std::optional<std::string> section;
    double score = 0;
};

/// What a search for a run found.
struct FoundPassages {
    std::vector<FoundPassage> passages;          // best first
    std::string mode;                            // the one that answered
    std::vector<std::string> warnings;
};

/// What a run asks its agent's collections.
struct PassageQuestion {
    std::string text;                            // the message
    std::string before;                          // the user's message before it, which a follow-up leans on; empty: there is none
};

/// Searches an agent's collections.
class PassageSource {
public:
    virtual ~PassageSource() = default;
    /// Collections that are gone are left out. Fails with `unavailable` when the search cannot be done now.
    virtual Task<FoundPassages> find(TenantScope tenant, Uuid user_id, Uuid run_id, db::AgentRow agent, PassageQuestion question) = 0;
};

/// Whether the agent has collections to search at all.
bool has_collections(const db::AgentRow& agent);

/// The data of a `retrieval` event.
std::string retrieval_data(const FoundPassages& found);

/// Citations as clients get them: those of found passages name chunk, document, and the page on which the quote stands.
std::vector<schemas::RunCitation> wire_citations(const std::vector<llm::Citation>& citations, const std::vector<FoundPassage>& found);

}  // namespace agentic::services
