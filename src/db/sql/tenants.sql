-- name: tenant_by_id :one @by_key
SELECT id, name, slug, status, plan_type, limits, settings, region, created_at, updated_at
FROM tenants WHERE id = $1 AND deleted_at IS NULL

-- name: tenant_insert :exec
INSERT INTO tenants (id, name, slug, status, plan_type, limits, settings, region, created_at, updated_at)
VALUES ($1, $2, $3, 'active', $4, $5, $6, $7, $8, $8)

-- name: tenant_update :one
-- $5 is the last change that was seen, or null.
UPDATE tenants SET name = COALESCE(CAST($2 AS TEXT), name), settings = COALESCE(CAST($3 AS TEXT), settings), updated_at = $4
WHERE id = $1 AND (CAST($5 AS BIGINT) IS NULL OR updated_at = $5) AND deleted_at IS NULL
RETURNING id, name, slug, status, plan_type, limits, settings, region, created_at, updated_at

-- name: tenant_set_status :one
UPDATE tenants SET status = $2, updated_at = $3
WHERE id = $1 AND deleted_at IS NULL
RETURNING id, name, slug, status, plan_type, limits, settings, region, created_at, updated_at

-- Changes nothing: holds the tenant's row until the transaction ends, so that two changes of who its owners are follow each other.
-- name: tenant_lock :exec
UPDATE tenants SET updated_at = updated_at WHERE id = $1 AND deleted_at IS NULL

-- Fails on the second call ever: whoever commits it first is the first.
-- name: installation_claim :exec
INSERT INTO installation (id, claimed_at) VALUES (1, $1)

-- name: installation_mark :exec
INSERT INTO installation (id, claimed_at) VALUES (1, $1) ON CONFLICT (id) DO NOTHING

-- name: installation_claimed_at :one
SELECT claimed_at FROM installation WHERE id = 1
