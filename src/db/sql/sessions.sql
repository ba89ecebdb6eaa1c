-- name: session_insert :exec
INSERT INTO sessions (id, tenant_id, user_id, created_at, updated_at, expires_at) VALUES ($2, $1, $3, $4, $4, $5)

-- What an access token's bearer is now. No row: deleted, or never there.
-- name: session_principal :one @by_key
SELECT u.email, u.role, u.status, t.status AS tenant_status, s.expires_at, s.revoked_at
FROM sessions s
JOIN users u ON u.tenant_id = s.tenant_id AND u.id = s.user_id
JOIN tenants t ON t.id = s.tenant_id
WHERE s.tenant_id = $1 AND s.id = $2 AND s.user_id = $3 AND u.deleted_at IS NULL AND t.deleted_at IS NULL

-- name: session_extend :exec
UPDATE sessions SET expires_at = $3, updated_at = $4
WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL AND expires_at > $4

-- name: session_revoke :exec
UPDATE sessions SET revoked_at = $3, updated_at = $3
WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL

-- Every session of a user, but for one that may be kept.
-- name: sessions_revoke_user :exec
UPDATE sessions SET revoked_at = $3, updated_at = $3
WHERE tenant_id = $1 AND user_id = $2 AND revoked_at IS NULL AND (CAST($4 AS TEXT) IS NULL OR CAST(id AS TEXT) <> $4)

-- name: sessions_purge :exec @cross_tenant(housekeeping of every tenant's ended sessions)
DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)

-- name: refresh_token_insert :exec
INSERT INTO refresh_tokens (id, tenant_id, session_id, token_hash, created_at, expires_at) VALUES ($2, $1, $3, $4, $5, $6)

-- name: refresh_token_by_hash :one @cross_tenant(a refresh token is opaque: it names its tenant by its row)
SELECT r.id, r.tenant_id, r.session_id, r.expires_at, r.used_at, s.user_id, s.revoked_at,
       u.email, u.role, u.status, t.status AS tenant_status
FROM refresh_tokens r
JOIN sessions s ON s.tenant_id = r.tenant_id AND s.id = r.session_id
JOIN users u ON u.tenant_id = s.tenant_id AND u.id = s.user_id
JOIN tenants t ON t.id = s.tenant_id
WHERE r.token_hash = $1 AND u.deleted_at IS NULL AND t.deleted_at IS NULL

-- name: refresh_token_use :exec
UPDATE refresh_tokens SET used_at = $3
WHERE tenant_id = $1 AND id = $2 AND used_at IS NULL
