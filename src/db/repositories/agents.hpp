#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "core/vocabulary.hpp"
#include "db/executor.hpp"
#include "db/repositories/page.hpp"

namespace agentic::db {

/// An agent as it is stored. Arrays and objects stay JSON text: they are only carried.
struct AgentRow {
    Uuid id;
    std::string name;
    std::string slug;
    std::optional<std::string> description;
    std::string model_provider;
    std::string model_name;
    std::optional<std::string> system_prompt;
    std::optional<double> temperature;         // none: the model's own
    std::optional<std::int64_t> max_tokens;    // none: the model's own
    JsonText capabilities;                     // ["chat"]
    JsonText tools;                            // names
    JsonText collection_ids;
    JsonText retrieval;                        // {"top_k", "mode", "threshold"}
    std::int64_t timeout_seconds = 0;
    std::int64_t max_iterations = 0;
    bool memory_enabled = true;
    JsonText tags;
    JsonText config;                           // {}
    JsonText extra_metadata;                   // {}
    AgentStatus status = AgentStatus::active;
    std::int64_t version = 1;
    std::optional<Uuid> created_by;
    Timestamp created_at;
    Timestamp updated_at;

    bool operator==(const AgentRow&) const = default;
};

/// What an agent was at one version: everything but slug and status, which belong to its life and not to what it does.
struct AgentVersionRow {
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
    std::optional<Uuid> created_by;            // who made this version
    Timestamp created_at;
};

/// What to list and in which order. The words of `sort` and `order` are bound, never spliced into SQL.
struct AgentListing {
    std::optional<AgentStatus> status;
    std::optional<std::string> search;         // in name, slug and description, without regard to case
    std::string_view sort = "created_at";      // created_at, updated_at or name
    std::string_view order = "desc";           // asc or desc
    PageRequest page;
};

/// The agents of a tenant and their versions. Deleted agents do not exist here, and neither do their versions.
/// Everything fails with the Executor's `unavailable` and `storage_full` too.
class AgentRepository {
public:
    explicit AgentRepository(Executor& db) : db_(db) {}

    /// Stores the agent and its version 1. Fails with `conflict`, naming the slug, when another agent of the tenant has it.
    Task<> insert(TenantScope scope, AgentRow row);

    /// Fails with `not_found`.
    Task<AgentRow> find(TenantScope scope, Uuid id);
    Task<AgentRow> find_by_slug(TenantScope scope, std::string slug);

    Task<Page<AgentRow>> list(TenantScope scope, AgentListing listing);

    /// Replaces the agent by `row`, which was changed from the stored version `row.version`, and records the next version as made by `editor`.
    /// Answers the new version number. Fails with `precondition_failed` when the stored version is another one (or the agent is gone), `conflict`
    /// when the slug is taken.
    Task<std::int64_t> update(TenantScope scope, AgentRow row, Uuid editor);

    /// From now on the agent is missing. Fails with `not_found`, or `precondition_failed` when `expected_version` is given and is not the stored one.
    Task<> remove(TenantScope scope, Uuid id, std::optional<std::int64_t> expected_version, Timestamp now);

    /// Newest first. Fails with `not_found` when the agent is missing.
    Task<Page<AgentVersionRow>> versions(TenantScope scope, Uuid id, PageRequest page);

    /// The collections it had at `version`. Fails with `not_found` when there is no such version.
    Task<JsonText> collections_at(TenantScope scope, Uuid id, std::int64_t version);

    /// Makes the agent what it was at `version`, as a new version by `editor`, and answers it. Fails with `not_found` (agent or version).
    Task<AgentRow> restore(TenantScope scope, Uuid id, std::int64_t version, Uuid editor, Timestamp now);

private:
    Executor& db_;
};

}  // namespace agentic::db
