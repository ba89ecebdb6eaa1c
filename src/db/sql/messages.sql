-- Messages. They are reachable only through a conversation that is not deleted.

-- name: message_insert :one
-- Follows conversation_advance in the same batch and takes the number it made.
INSERT INTO messages (tenant_id, id, conversation_id, run_id, sequence_number, role, content, content_blocks, citations, model, token_count, latency_ms,
    created_at)
SELECT tenant_id, $2, id, $4, message_count, $5, $6, $7, $8, $9, $10, $11, $12
FROM conversations
WHERE tenant_id = $1 AND id = $3 AND deleted_at IS NULL
RETURNING sequence_number

-- part: message_columns
m.id, m.conversation_id, m.run_id, m.sequence_number, m.role, m.content, m.content_blocks, m.citations, m.model, m.token_count, m.latency_ms,
    m.created_at

-- name: message_by_id :one @by_key
SELECT ${message_columns}
FROM messages m
JOIN conversations c ON c.tenant_id = m.tenant_id AND c.id = m.conversation_id
WHERE m.tenant_id = $1 AND m.conversation_id = $2 AND m.id = $3 AND c.tenant_id = $1 AND c.deleted_at IS NULL

-- name: message_list :many
-- Oldest first, with $3 < number <= $4. Numbers have no gaps, so a range is a page.
SELECT ${message_columns}
FROM messages m
JOIN conversations c ON c.tenant_id = m.tenant_id AND c.id = m.conversation_id
WHERE m.tenant_id = $1 AND m.conversation_id = $2 AND m.sequence_number > $3 AND m.sequence_number <= $4
    AND c.tenant_id = $1 AND c.deleted_at IS NULL
ORDER BY m.sequence_number

-- name: message_latest :many
-- The newest $3, newest first.
SELECT ${message_columns}
FROM messages m
JOIN conversations c ON c.tenant_id = m.tenant_id AND c.id = m.conversation_id
WHERE m.tenant_id = $1 AND m.conversation_id = $2 AND c.tenant_id = $1 AND c.deleted_at IS NULL
ORDER BY m.sequence_number DESC
LIMIT $3

-- name: message_copy :exec
-- Message $5 of conversation $4 becomes the same message of conversation $3, under the id $2.
INSERT INTO messages (tenant_id, id, conversation_id, run_id, sequence_number, role, content, content_blocks, citations, model, token_count, latency_ms,
    created_at)
SELECT tenant_id, $2, $3, run_id, sequence_number, role, content, content_blocks, citations, model, token_count, latency_ms, created_at
FROM messages
WHERE tenant_id = $1 AND conversation_id = $4 AND sequence_number = $5
