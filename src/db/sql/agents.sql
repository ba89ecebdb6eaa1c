-- Agents. $1 is always the tenant.

-- name: agent_insert :exec
INSERT INTO agents (tenant_id, id, name, slug, description, model_provider, model_name, system_prompt, temperature, max_tokens, capabilities, tools,
    collection_ids, retrieval, timeout_seconds, max_iterations, memory_enabled, tags, config, extra_metadata, status, version, created_by, created_at,
    updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)

-- part: agent_columns
id, name, slug, description, model_provider, model_name, system_prompt, temperature, max_tokens, capabilities, tools, collection_ids, retrieval,
    timeout_seconds, max_iterations, memory_enabled, tags, config, extra_metadata, status, version, created_by, created_at, updated_at

-- name: agent_by_id :one @by_key
SELECT ${agent_columns}
FROM agents
WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL

-- name: agent_by_slug :one @by_key
SELECT ${agent_columns}
FROM agents
WHERE tenant_id = $1 AND slug = $2 AND deleted_at IS NULL

-- part: agents_listed
-- What the lists show; the counts are others, which an index answers.
agents
WHERE tenant_id = $1 AND deleted_at IS NULL
    AND (CAST($2 AS TEXT) IS NULL OR status = $2)
    AND (CAST($3 AS TEXT) IS NULL OR lower(name) LIKE lower($3) ESCAPE '\' OR lower(slug) LIKE lower($3) ESCAPE '\' OR lower(description) LIKE lower($3) ESCAPE '\')

-- name: agent_list :many
-- The default order, read from idx_agents_tenant_created. $2 status or null, $3 a LIKE pattern or null.
SELECT ${agent_columns}
FROM ${agents_listed}
ORDER BY created_at DESC, id DESC
LIMIT $4 OFFSET $5

-- name: agent_list_sorted :many
-- Every other order: the rows of the tenant are sorted by the one key that is not null. $6 the column, $7 the direction.
SELECT ${agent_columns}
FROM ${agents_listed}
ORDER BY
    CASE WHEN CAST($6 AS TEXT) = 'name' AND CAST($7 AS TEXT) = 'asc' THEN lower(name) END,
    CASE WHEN $6 = 'name' AND $7 = 'desc' THEN lower(name) END DESC,
    CASE WHEN $7 = 'asc' THEN (CASE $6 WHEN 'created_at' THEN created_at WHEN 'updated_at' THEN updated_at END) END,
    CASE WHEN $7 = 'desc' THEN (CASE $6 WHEN 'created_at' THEN created_at WHEN 'updated_at' THEN updated_at END) END DESC,
    CASE WHEN $7 = 'asc' THEN id END,
    id DESC
LIMIT $4 OFFSET $5

-- name: agent_count :one
-- Answered by idx_agents_tenant_status alone.
SELECT COUNT(*) AS total FROM agents
WHERE tenant_id = $1 AND deleted_at IS NULL AND (CAST($2 AS TEXT) IS NULL OR status = $2)

-- name: agent_count_matching :one
SELECT COUNT(*) AS total FROM agents
WHERE tenant_id = $1 AND deleted_at IS NULL
    AND (CAST($2 AS TEXT) IS NULL OR status = $2)
    AND (lower(name) LIKE lower(CAST($3 AS TEXT)) ESCAPE '\' OR lower(slug) LIKE lower($3) ESCAPE '\' OR lower(description) LIKE lower($3) ESCAPE '\')

-- name: agent_update :one
-- $3 is the version the change was made from: no row means that somebody else was faster.
UPDATE agents SET name = $4, slug = $5, description = $6, model_provider = $7, model_name = $8, system_prompt = $9, temperature = $10, max_tokens = $11,
    capabilities = $12, tools = $13, collection_ids = $14, retrieval = $15, timeout_seconds = $16, max_iterations = $17, memory_enabled = $18,
    tags = $19, config = $20, extra_metadata = $21, status = $22, updated_at = $23, version = version + 1
WHERE tenant_id = $1 AND id = $2 AND version = $3 AND deleted_at IS NULL
RETURNING version

-- name: agent_delete :exec
UPDATE agents SET deleted_at = $4, updated_at = $4, version = version + 1
WHERE tenant_id = $1 AND id = $2 AND (CAST($3 AS BIGINT) IS NULL OR version = $3) AND deleted_at IS NULL

-- name: agent_exists :one
SELECT id FROM agents WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL
