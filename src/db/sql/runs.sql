-- Runs. $1 is always the tenant, but in the blocks of recovery. Whoever works on a run names its lease (owner and attempt) in every write: when
-- another process has taken the run over, nothing changes.

-- name: run_insert :exec
INSERT INTO runs (tenant_id, id, agent_id, agent_version, conversation_id, user_id, status, input, context, metadata, max_iterations, attempt, iterations,
    turn_blocks, lease_owner, cancel_requested, user_message_id, warnings, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
    reasoning_tokens, cost_micros, created_at, started_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 0, '[]', $13, FALSE, $14, '[]', 0, 0, 0, 0, 0, 0, $15, $16, $15)

-- name: run_begin :exec
-- A queued run gets its turn: $3 owner, $4 its first message, $5 agent version, $6 now.
UPDATE runs SET status = 'running', attempt = attempt + 1, user_message_id = $4, agent_version = $5, started_at = $6, updated_at = $6
WHERE tenant_id = $1 AND id = $2 AND lease_owner = $3 AND status = 'queued' AND NOT cancel_requested

-- name: run_step :exec
-- A finished step of a run that goes on. Done once: trying it again after its answer was lost changes nothing.
UPDATE runs SET iterations = $5, turn_blocks = $6, input_tokens = $7, output_tokens = $8, cache_read_tokens = $9, cache_write_tokens = $10,
    reasoning_tokens = $11, cost_micros = cost_micros + $12, updated_at = $13
WHERE tenant_id = $1 AND id = $2 AND lease_owner = $3 AND attempt = $4 AND status = 'running' AND iterations < $5

-- name: run_end :exec
-- The end of a run, whatever it is; $21 is the status it must have now.
UPDATE runs SET status = $5, iterations = $6, message_id = $7, error_code = $8, error_message = $9, model = $10, stop_reason = $11, warnings = $12,
    input_tokens = $13, output_tokens = $14, cache_read_tokens = $15, cache_write_tokens = $16, reasoning_tokens = $17, cost_micros = cost_micros + $18,
    latency_ms = $19, finished_at = $20, updated_at = $20, turn_blocks = '[]', lease_owner = NULL
WHERE tenant_id = $1 AND id = $2 AND lease_owner = $3 AND attempt = $4 AND status = $21

-- name: run_request_cancel :exec
-- Remembers the wish, so that it survives a crash. No row: the run has ended already, is gone, or is somebody else's ($3: the only user, or null).
UPDATE runs SET cancel_requested = TRUE, updated_at = $4
WHERE tenant_id = $1 AND id = $2 AND (CAST($3 AS UUID) IS NULL OR user_id = $3) AND status IN ('queued', 'running', 'waiting_approval')

-- part: run_columns
r.tenant_id, r.id, r.agent_id, r.agent_version, r.conversation_id, r.user_id, r.status, r.input, r.context, r.metadata, r.max_iterations, r.attempt,
    r.iterations, r.turn_blocks, r.lease_owner, r.cancel_requested, r.user_message_id, r.message_id, r.error_code, r.error_message, r.model,
    r.stop_reason, r.warnings, r.input_tokens, r.output_tokens, r.cache_read_tokens, r.cache_write_tokens, r.reasoning_tokens, r.cost_micros,
    r.latency_ms, r.created_at, r.started_at, r.finished_at, r.updated_at

-- name: run_by_id :one @by_key
-- $3: the only user whose runs may be seen, or null.
SELECT ${run_columns}
FROM runs r
JOIN conversations c ON c.tenant_id = r.tenant_id AND c.id = r.conversation_id
WHERE r.tenant_id = $1 AND r.id = $2 AND (CAST($3 AS UUID) IS NULL OR r.user_id = $3) AND c.tenant_id = $1 AND c.deleted_at IS NULL

-- part: runs_shown
-- Those of conversations that are still there.
runs r
JOIN conversations c ON c.tenant_id = r.tenant_id AND c.id = r.conversation_id
WHERE r.tenant_id = $1 AND c.tenant_id = $1 AND c.deleted_at IS NULL

-- part: runs_listed
-- What a list shows and its count counts.
${runs_shown}
    AND (CAST($2 AS UUID) IS NULL OR r.user_id = $2) AND (CAST($3 AS UUID) IS NULL OR r.agent_id = $3)
    AND (CAST($4 AS UUID) IS NULL OR r.conversation_id = $4) AND (CAST($5 AS TEXT) IS NULL OR r.status = $5)

-- name: run_list :many
-- Newest first. $2 the only user or null, $3 agent, $4 conversation, $5 status, each or null.
SELECT ${run_columns}
FROM ${runs_listed}
ORDER BY r.id DESC
LIMIT $6 OFFSET $7

-- name: run_count :one
SELECT COUNT(*) AS total
FROM ${runs_listed}

-- part: runs_listed_of_conversation
${runs_shown}
    AND (CAST($2 AS UUID) IS NULL OR r.user_id = $2) AND (CAST($3 AS UUID) IS NULL OR r.agent_id = $3)
    AND r.conversation_id = $4 AND (CAST($5 AS TEXT) IS NULL OR r.status = $5)

-- name: run_list_of_conversation :many
-- The same of one conversation, of one agent, of one user: statements of their own, so that rows and order come from an index.
SELECT ${run_columns}
FROM ${runs_listed_of_conversation}
ORDER BY r.id DESC
LIMIT $6 OFFSET $7

-- name: run_count_of_conversation :one
SELECT COUNT(*) AS total
FROM ${runs_listed_of_conversation}

-- part: runs_listed_of_agent
${runs_shown}
    AND (CAST($2 AS UUID) IS NULL OR r.user_id = $2) AND r.agent_id = $3
    AND (CAST($4 AS UUID) IS NULL OR r.conversation_id = $4) AND (CAST($5 AS TEXT) IS NULL OR r.status = $5)

-- name: run_list_of_agent :many
SELECT ${run_columns}
FROM ${runs_listed_of_agent}
ORDER BY r.id DESC
LIMIT $6 OFFSET $7

-- name: run_count_of_agent :one
SELECT COUNT(*) AS total
FROM ${runs_listed_of_agent}

-- part: runs_listed_of_user
${runs_shown}
    AND r.user_id = $2 AND (CAST($3 AS UUID) IS NULL OR r.agent_id = $3)
    AND (CAST($4 AS UUID) IS NULL OR r.conversation_id = $4) AND (CAST($5 AS TEXT) IS NULL OR r.status = $5)

-- name: run_list_of_user :many
SELECT ${run_columns}
FROM ${runs_listed_of_user}
ORDER BY r.id DESC
LIMIT $6 OFFSET $7

-- name: run_count_of_user :one
SELECT COUNT(*) AS total
FROM ${runs_listed_of_user}

-- name: run_busy_in_conversation :many
-- The runs that a new message of a conversation interrupts or waits for.
SELECT id, status FROM runs
WHERE tenant_id = $1 AND conversation_id = $2 AND status IN ('queued', 'running', 'waiting_approval')
ORDER BY id

-- name: run_messages_before :many
-- What the model is told of the past, newest first: message $3 of conversation $2 and those before it, $4 messages and $5 bytes at most. Message $3
-- itself is there whatever its size. They are chosen by their lengths alone, so what is left out is never read.
WITH sizes AS (
    SELECT m.sequence_number, OCTET_LENGTH(m.content) + OCTET_LENGTH(m.content_blocks) AS bytes
    FROM messages m
    JOIN messages u ON u.tenant_id = m.tenant_id AND u.conversation_id = m.conversation_id
    WHERE m.tenant_id = $1 AND m.conversation_id = $2 AND u.tenant_id = $1 AND u.id = $3 AND m.sequence_number <= u.sequence_number
    ORDER BY m.sequence_number DESC
    LIMIT $4
), sums AS (
    SELECT sequence_number, SUM(bytes) OVER (ORDER BY sequence_number DESC) AS bytes_so_far
    FROM sizes
)
SELECT m.id, m.sequence_number, m.role, m.content, m.content_blocks
FROM messages m
JOIN sums s ON s.sequence_number = m.sequence_number
WHERE m.tenant_id = $1 AND m.conversation_id = $2 AND (s.bytes_so_far <= $5 OR m.id = $3)
ORDER BY m.sequence_number DESC

-- name: run_orphans :many @cross_tenant(recovery takes over whatever a dead process owned)
-- The live runs of owner $1 after id $2.
SELECT tenant_id, id, agent_id, agent_version, conversation_id, user_id, status, input, context, metadata, max_iterations, attempt, iterations, turn_blocks,
    lease_owner, cancel_requested, user_message_id, message_id, error_code, error_message, model, stop_reason, warnings, input_tokens, output_tokens,
    cache_read_tokens, cache_write_tokens, reasoning_tokens, cost_micros, latency_ms, created_at, started_at, finished_at, updated_at
FROM runs
WHERE lease_owner = $1 AND id > $2 AND status IN ('queued', 'running')
ORDER BY id
LIMIT $3

-- name: run_take_over :exec
-- $3 the owner and $4 the attempt that were seen, $5 the new owner, $6 now. A running run starts its next attempt. So does a queued one that its living
-- owner gave up: it will not go on for ever either.
UPDATE runs SET lease_owner = $5, attempt = CASE WHEN status = 'running' OR lease_owner = $5 THEN attempt + 1 ELSE attempt END, updated_at = $6
WHERE tenant_id = $1 AND id = $2 AND lease_owner = $3 AND attempt = $4 AND status IN ('queued', 'running')

-- name: run_cancel_wishes :many @cross_tenant(one process watches its runs of all tenants)
SELECT tenant_id, id FROM runs WHERE lease_owner = $1 AND status IN ('queued', 'running') AND cancel_requested LIMIT 1000

-- name: run_worker_insert :exec
INSERT INTO run_workers (id, heartbeat_sequence, heartbeat_at, started_at) VALUES ($1, 1, $2, $2)

-- name: run_worker_beat :exec
-- No row: others have given this process up.
UPDATE run_workers SET heartbeat_sequence = heartbeat_sequence + 1, heartbeat_at = $2 WHERE id = $1

-- name: run_owner_list :many @cross_tenant(recovery looks at the owners of all tenants' runs)
-- Everybody who has or may have live runs. Number 0: an owner whose row is gone, so it is dead for sure.
SELECT id, heartbeat_sequence FROM run_workers
UNION ALL
SELECT r.lease_owner AS id, 0 AS heartbeat_sequence
FROM runs r
LEFT JOIN run_workers w ON w.id = r.lease_owner
WHERE r.status IN ('queued', 'running') AND r.lease_owner IS NOT NULL AND w.id IS NULL
GROUP BY r.lease_owner

-- name: run_worker_delete :exec
DELETE FROM run_workers WHERE id = $1
