#pragma once
#include "services/knowledge/search.hpp"
#include "services/runs/passages.hpp"

namespace agentic::services {

/// The ids in `collection_ids` of an agent or one of its versions.
std::vector<Uuid> collections_in(const JsonText& collection_ids);

/// Passages for runs from the search of collections. An agent searches what it was given, whoever asks it. A message with another before it is searched for
/// alone and together with that one ("What does it cost?" names nothing to find), and the two rankings are merged by reciprocal rank.
class AgentPassages final : public PassageSource {
public:
    explicit AgentPassages(SearchService& search) : search_(search) {}

    Task<FoundPassages> find(TenantScope tenant, Uuid user_id, Uuid run_id, db::AgentRow agent, PassageQuestion question) override;

private:
    SearchService& search_;
};

}  // namespace agentic::services
