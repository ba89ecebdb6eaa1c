#pragma once
// Between the wire structs of agents and their rows.
#include "api/services.hpp"
#include "core/context.hpp"
#include "db/repositories/agents.hpp"
#include "schemas/agents.hpp"

namespace agentic::api::v1 {

/// The row of a new agent: its id and times are made here, and what the request leaves open is filled in from `defaults`.
db::AgentRow new_agent_row(const OpContext& op, const AgentDefaults& defaults, schemas::AgentCreate in);

/// Applies what the change gives. Fails with `validation_error` when provider and model no longer fit each other.
Result<void> apply(schemas::AgentPatch change, db::AgentRow& row);

schemas::Agent to_response(const TenantScope& tenant, db::AgentRow row);
schemas::AgentVersion to_response(db::AgentVersionRow row);

}  // namespace agentic::api::v1
