-- The usage ledger.

-- name: usage_insert :exec
INSERT INTO usage_ledger (tenant_id, id, run_id, agent_id, conversation_id, user_id, provider, model, input_tokens, output_tokens, cache_read_tokens,
    cache_write_tokens, reasoning_tokens, estimated, cost_micros, prices, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)

-- name: usage_of_run :many
SELECT id, run_id, agent_id, conversation_id, user_id, provider, model, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
    reasoning_tokens, estimated, cost_micros, prices, created_at
FROM usage_ledger
WHERE tenant_id = $1 AND run_id = $2
ORDER BY id
