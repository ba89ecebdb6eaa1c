-- Events of runs, a committed step a row. Whether the asker may see the run is decided by run_by_id, which comes first.

-- name: run_events_insert :exec
INSERT INTO run_events (tenant_id, run_id, first_sequence, last_sequence, body, created_at) VALUES ($1, $2, $3, $4, $5, $6)

-- name: run_events_after :many
SELECT first_sequence, last_sequence, body FROM run_events
WHERE tenant_id = $1 AND run_id = $2 AND last_sequence > $3
ORDER BY first_sequence
LIMIT $4

-- name: run_events_last :one @by_key
-- The last stored event, or 0.
SELECT COALESCE(MAX(last_sequence), 0) AS last_sequence FROM run_events WHERE tenant_id = $1 AND run_id = $2
