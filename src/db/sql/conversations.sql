-- Conversations. $1 is always the tenant. Where "own" is named: the only user whose conversations may be seen, or null for all of the tenant.

-- name: conversation_insert :exec
INSERT INTO conversations (tenant_id, id, agent_id, user_id, title, status, on_busy, message_count, last_message_at, extra_metadata, forked_from_id,
    forked_at_sequence, version, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 1, $13, $13)

-- part: conversation_columns
id, agent_id, user_id, title, status, on_busy, message_count, last_message_at, extra_metadata, forked_from_id, forked_at_sequence, version,
    created_at, updated_at

-- name: conversation_by_id :one @by_key
-- $3 own.
SELECT ${conversation_columns}
FROM conversations
WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL AND (CAST($3 AS UUID) IS NULL OR user_id = $3)

-- part: conversations_listed
-- What a list shows and its count counts.
conversations
WHERE tenant_id = $1 AND deleted_at IS NULL
    AND (CAST($2 AS UUID) IS NULL OR agent_id = $2) AND (CAST($3 AS TEXT) IS NULL OR status = $3)

-- name: conversation_list :many
-- Latest activity first, of everybody. $2 agent or null, $3 status or null.
SELECT ${conversation_columns}
FROM ${conversations_listed}
ORDER BY updated_at DESC, id DESC
LIMIT $4 OFFSET $5

-- name: conversation_count :one
SELECT COUNT(*) AS total FROM ${conversations_listed}

-- name: conversation_list_of_user :many
-- The same of one user, $6: a statement of its own, so that its order comes from idx_conversations_tenant_user.
SELECT ${conversation_columns}
FROM conversations
WHERE tenant_id = $1 AND user_id = $6 AND deleted_at IS NULL
    AND (CAST($2 AS UUID) IS NULL OR agent_id = $2) AND (CAST($3 AS TEXT) IS NULL OR status = $3)
ORDER BY updated_at DESC, id DESC
LIMIT $4 OFFSET $5

-- name: conversation_count_of_user :one
SELECT COUNT(*) AS total FROM conversations
WHERE tenant_id = $1 AND user_id = $4 AND deleted_at IS NULL
    AND (CAST($2 AS UUID) IS NULL OR agent_id = $2) AND (CAST($3 AS TEXT) IS NULL OR status = $3)

-- name: conversation_update :exec
-- Changes what is given, so that it never fights with a message that arrives: $4 says whether to set the title to $5, other nulls leave as it is.
-- $3 is the expected version or null.
UPDATE conversations SET title = CASE WHEN $4 = 1 THEN $5 ELSE title END, status = COALESCE($6, status), on_busy = COALESCE($7, on_busy),
    extra_metadata = COALESCE($8, extra_metadata), version = version + 1, updated_at = $9
WHERE tenant_id = $1 AND id = $2 AND (CAST($3 AS BIGINT) IS NULL OR version = $3) AND deleted_at IS NULL

-- name: conversation_delete :exec
-- $3 is the expected version or null.
UPDATE conversations SET deleted_at = $4, updated_at = $4, version = version + 1
WHERE tenant_id = $1 AND id = $2 AND (CAST($3 AS BIGINT) IS NULL OR version = $3) AND deleted_at IS NULL

-- name: conversation_advance :one
-- Takes the next message number. The row stays locked until the batch ends, so numbers have no gaps and no duplicates.
UPDATE conversations SET message_count = message_count + 1, last_message_at = $3, updated_at = $3, version = version + 1
WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL
RETURNING message_count
