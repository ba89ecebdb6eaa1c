-- part: api_key_columns
id, user_id, name, prefix, scopes, expires_at, last_used_at, created_at

-- name: api_key_insert :one
INSERT INTO api_keys (id, tenant_id, user_id, name, prefix, key_hash, scopes, expires_at, created_at, updated_at)
VALUES ($2, $1, $3, $4, $5, $6, $7, $8, $9, $9)
RETURNING ${api_key_columns}

-- part: api_keys_listed
-- What a list shows and its count counts: of one user, or of all ($2 NULL).
api_keys
WHERE tenant_id = $1 AND deleted_at IS NULL AND (CAST($2 AS TEXT) IS NULL OR CAST(user_id AS TEXT) = $2)

-- name: api_keys_page :many
SELECT ${api_key_columns}
FROM ${api_keys_listed}
ORDER BY created_at, id
LIMIT CAST($3 AS BIGINT) OFFSET CAST($4 AS BIGINT)

-- name: api_keys_count :one
SELECT COUNT(*) AS total
FROM ${api_keys_listed}

-- name: api_key_delete :exec
UPDATE api_keys SET deleted_at = $4, updated_at = $4
WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL AND (CAST($3 AS TEXT) IS NULL OR CAST(user_id AS TEXT) = $3)

-- name: api_keys_delete_user :exec
UPDATE api_keys SET deleted_at = $3, updated_at = $3
WHERE tenant_id = $1 AND user_id = $2 AND deleted_at IS NULL

-- name: api_key_by_prefix :one @by_key @cross_tenant(an API key is opaque: it names its tenant by its row)
SELECT k.id, k.tenant_id, k.user_id, k.key_hash, k.scopes, k.expires_at, k.last_used_at, u.email, u.role, u.status, t.status AS tenant_status
FROM api_keys k
JOIN users u ON u.tenant_id = k.tenant_id AND u.id = k.user_id
JOIN tenants t ON t.id = k.tenant_id
WHERE k.prefix = $1 AND k.deleted_at IS NULL AND u.deleted_at IS NULL AND t.deleted_at IS NULL

-- name: api_key_touch :exec
UPDATE api_keys SET last_used_at = $3 WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL
