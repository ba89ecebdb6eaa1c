#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/json_text.hpp"
#include "core/uuid.hpp"
#include "core/vocabulary.hpp"
#include "schema/codec.hpp"
#include "schemas/pagination.hpp"

namespace agentic::schemas {

enum class ModelProvider : std::uint8_t { anthropic, openai, openai_compatible, extractive };
enum class RetrievalMode : std::uint8_t { hybrid, vector, lexical };

/// Bounds of one execution, for agents and for what the operator sets as their default.
inline constexpr std::int64_t kAgentTimeoutMaxS = 3'600;
inline constexpr std::int64_t kAgentIterationsMax = 100;

/// How an agent searches its collections.
struct Retrieval {
    std::int64_t top_k = 5;
    RetrievalMode mode = RetrievalMode::hybrid;
    std::optional<double> threshold;
};

struct RetrievalPatch {
    std::optional<std::int64_t> top_k;
    std::optional<RetrievalMode> mode;
    std::optional<std::optional<double>> threshold;
};

struct AgentCreate {
    std::string name;
    std::string slug;
    std::optional<std::string> description;
    std::optional<ModelProvider> model_provider;   // absent: anthropic for claude-..., and without a name the installation's default model
    std::optional<std::string> model_name;         // may be absent for extractive, too
    std::optional<std::string> system_prompt;
    std::optional<double> temperature = 0.7;       // null: the model's own
    std::optional<std::int64_t> max_tokens;
    std::vector<std::string> capabilities;
    std::vector<std::string> tools;
    std::vector<Uuid> collection_ids;
    Retrieval retrieval;
    std::optional<std::int64_t> timeout_seconds;   // absent: the installation's default
    std::optional<std::int64_t> max_iterations;    // absent: the installation's default
    bool memory_enabled = true;
    std::vector<std::string> tags;
    JsonText config{"{}"};
    JsonText extra_metadata{"{}"};
};

/// What is absent stays as it is; null empties the fields that may be empty.
struct AgentPatch {
    std::optional<std::string> name;
    std::optional<std::string> slug;
    std::optional<std::optional<std::string>> description;
    std::optional<ModelProvider> model_provider;
    std::optional<std::string> model_name;
    std::optional<std::optional<std::string>> system_prompt;
    std::optional<std::optional<double>> temperature;
    std::optional<std::optional<std::int64_t>> max_tokens;
    std::optional<std::vector<std::string>> capabilities;
    std::optional<std::vector<std::string>> tools;
    std::optional<std::vector<Uuid>> collection_ids;
    std::optional<RetrievalPatch> retrieval;
    std::optional<std::int64_t> timeout_seconds;
    std::optional<std::int64_t> max_iterations;
    std::optional<bool> memory_enabled;
    std::optional<std::vector<std::string>> tags;
    std::optional<JsonText> config;
    std::optional<JsonText> extra_metadata;
    std::optional<AgentStatus> status;
};

/// An agent as clients see it. Arrays and objects are JSON text straight from the row: lists of agents are the busiest answer there is.
struct Agent {
    Uuid id;
    Uuid tenant_id;
    std::string name;
    std::string slug;
    std::optional<std::string> description;
    std::string model_provider;
    std::string model_name;
    std::optional<std::string> system_prompt;
    std::optional<double> temperature;
    std::optional<std::int64_t> max_tokens;
    JsonText capabilities;
    JsonText tools;
    JsonText collection_ids;
    JsonText retrieval;
    std::int64_t timeout_seconds = 0;
    std::int64_t max_iterations = 0;
    bool memory_enabled = true;
    JsonText tags;
    JsonText config;
    JsonText extra_metadata;
    AgentStatus status = AgentStatus::active;
    std::int64_t version = 1;
    std::optional<Uuid> created_by;
    Timestamp created_at;
    Timestamp updated_at;
};

/// What an agent did at one version: all but its slug and status.
struct AgentVersion {
    Uuid agent_id;
    std::int64_t version = 0;
    std::string name;
    std::optional<std::string> description;
    std::string model_provider;
    std::string model_name;
    std::optional<std::string> system_prompt;
    std::optional<double> temperature;
    std::optional<std::int64_t> max_tokens;
    JsonText capabilities;
    JsonText tools;
    JsonText collection_ids;
    JsonText retrieval;
    std::int64_t timeout_seconds = 0;
    std::int64_t max_iterations = 0;
    bool memory_enabled = true;
    JsonText tags;
    JsonText config;
    JsonText extra_metadata;
    std::optional<Uuid> created_by;
    Timestamp created_at;
};

enum class AgentSort : std::uint8_t { created_at, updated_at, name };

struct AgentListQuery {
    std::int64_t page = 1;
    std::int64_t limit = 20;
    std::optional<AgentStatus> status;
    std::optional<std::string> search;
    AgentSort sort = AgentSort::created_at;
    SortOrder order = SortOrder::desc;
};

struct AgentList {
    std::vector<Agent> data;
    Pagination pagination;
};

struct AgentVersionList {
    std::vector<AgentVersion> data;
    Pagination pagination;
};

/// The rule of the specification that spans two fields; PATCH asks again once the change is merged.
void check_model(std::string_view provider, std::string_view name, Violations& violations);

}  // namespace agentic::schemas

namespace agentic::schema {
extern template struct Codec<schemas::Retrieval>;
extern template struct Codec<schemas::RetrievalPatch>;
extern template struct Codec<schemas::AgentCreate>;
extern template struct Codec<schemas::AgentPatch>;
extern template struct Codec<schemas::Agent>;
extern template struct Codec<schemas::AgentVersion>;
extern template struct Codec<schemas::AgentListQuery>;
extern template struct Codec<schemas::AgentList>;
extern template struct Codec<schemas::AgentVersionList>;
}  // namespace agentic::schema
