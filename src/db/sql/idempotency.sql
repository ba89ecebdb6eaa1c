-- Idempotency keys: $1 the tenant, $2 the user, $3 the operation, $4 the key. $5 names the request that holds the key (its reservation): what another
-- request took over meanwhile is no longer touched.

-- name: idempotency_reserve :exec
-- $6 fingerprint, $7 until when no other request may take over, $8 now, $9 expiry. Takes a key that is new, has expired, or was left without an outcome
-- by the same request.
INSERT INTO idempotency_keys (tenant_id, user_id, operation, idempotency_key, reservation, fingerprint, headers, body, locked_until, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, '', '', $7, $8, $9)
ON CONFLICT (tenant_id, user_id, operation, idempotency_key) DO UPDATE SET reservation = excluded.reservation, fingerprint = excluded.fingerprint, run_id = NULL,
    status = NULL, headers = '', body = '', locked_until = excluded.locked_until, created_at = excluded.created_at, expires_at = excluded.expires_at
WHERE idempotency_keys.expires_at <= excluded.created_at
    OR (idempotency_keys.run_id IS NULL AND idempotency_keys.status IS NULL AND idempotency_keys.locked_until <= excluded.created_at
        AND idempotency_keys.fingerprint = excluded.fingerprint)

-- name: idempotency_find :one
SELECT reservation, fingerprint, run_id, status, headers, body FROM idempotency_keys
WHERE tenant_id = $1 AND user_id = $2 AND operation = $3 AND idempotency_key = $4

-- name: idempotency_link_run :exec
-- In the batch that stores the run $6.
UPDATE idempotency_keys SET run_id = $6
WHERE tenant_id = $1 AND user_id = $2 AND operation = $3 AND idempotency_key = $4 AND reservation = $5 AND run_id IS NULL AND status IS NULL

-- name: idempotency_finish :exec
-- $6 status, $7 header fields, $8 body.
UPDATE idempotency_keys SET status = $6, headers = $7, body = $8
WHERE tenant_id = $1 AND user_id = $2 AND operation = $3 AND idempotency_key = $4 AND reservation = $5 AND run_id IS NULL

-- name: idempotency_release :exec
-- Nothing came of it: the next request with the key starts anew.
DELETE FROM idempotency_keys
WHERE tenant_id = $1 AND user_id = $2 AND operation = $3 AND idempotency_key = $4 AND reservation = $5 AND run_id IS NULL AND status IS NULL

-- name: idempotency_forget :exec @cross_tenant(expired keys of all tenants)
DELETE FROM idempotency_keys WHERE (tenant_id, user_id, operation, idempotency_key) IN (
    SELECT tenant_id, user_id, operation, idempotency_key FROM idempotency_keys WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)
