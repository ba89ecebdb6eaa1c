#pragma once
#include "services/knowledge/search.hpp"
#include "services/runs/passages.hpp"

namespace agentic::services {

/// Passages for runs from the search of collections. An agent searches what it was given, whoever asks it.
class AgentPassages final : public PassageSource {
public:
    explicit AgentPassages(SearchService& search) : search_(search) {}

    Task<FoundPassages> find(TenantScope tenant, Uuid user_id, Uuid run_id, db::AgentRow agent, std::string question) override;

private:
    SearchService& search_;
};

}  // namespace agentic::services
