-- The immutable history of agents. A version can be read while its agent lives.

-- name: agent_version_record :exec
-- Copies what the agent is now; runs in the batch that changed it. $3 is who changed it.
INSERT INTO agent_versions (tenant_id, agent_id, version, name, description, model_provider, model_name, system_prompt, temperature, max_tokens,
    capabilities, tools, collection_ids, retrieval, timeout_seconds, max_iterations, memory_enabled, tags, config, extra_metadata, created_by, created_at)
SELECT tenant_id, id, version, name, description, model_provider, model_name, system_prompt, temperature, max_tokens,
    capabilities, tools, collection_ids, retrieval, timeout_seconds, max_iterations, memory_enabled, tags, config, extra_metadata, $3, updated_at
FROM agents
WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL

-- name: agent_version_list :many
SELECT v.agent_id, v.version, v.name, v.description, v.model_provider, v.model_name, v.system_prompt, v.temperature, v.max_tokens, v.capabilities,
    v.tools, v.collection_ids, v.retrieval, v.timeout_seconds, v.max_iterations, v.memory_enabled, v.tags, v.config, v.extra_metadata, v.created_by,
    v.created_at
FROM agent_versions v
JOIN agents a ON a.tenant_id = v.tenant_id AND a.id = v.agent_id
WHERE v.tenant_id = $1 AND v.agent_id = $2 AND a.tenant_id = $1 AND a.deleted_at IS NULL
ORDER BY v.version DESC
LIMIT $3 OFFSET $4

-- name: agent_version_count :one
SELECT COUNT(*) AS total
FROM agent_versions v
JOIN agents a ON a.tenant_id = v.tenant_id AND a.id = v.agent_id
WHERE v.tenant_id = $1 AND v.agent_id = $2 AND a.tenant_id = $1 AND a.deleted_at IS NULL

-- name: agent_version_collections :one
SELECT collection_ids FROM agent_versions WHERE tenant_id = $1 AND agent_id = $2 AND version = $3

-- name: agent_version_restore :exec
-- The agent becomes what it was at version $3, as a new version.
UPDATE agents SET (name, description, model_provider, model_name, system_prompt, temperature, max_tokens, capabilities, tools, collection_ids, retrieval,
        timeout_seconds, max_iterations, memory_enabled, tags, config, extra_metadata)
    = (SELECT v.name, v.description, v.model_provider, v.model_name, v.system_prompt, v.temperature, v.max_tokens, v.capabilities, v.tools,
            v.collection_ids, v.retrieval, v.timeout_seconds, v.max_iterations, v.memory_enabled, v.tags, v.config, v.extra_metadata
        FROM agent_versions v WHERE v.tenant_id = $1 AND v.agent_id = $2 AND v.version = $3),
    version = version + 1, updated_at = $4
WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL
