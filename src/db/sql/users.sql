-- part: user_columns
id, tenant_id, email, password_hash, first_name, last_name, role, status, permissions, last_login_at, created_at, updated_at

-- name: user_by_id :one @by_key
SELECT ${user_columns}
FROM users WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL

-- name: users_by_email :many @cross_tenant(login knows the e-mail before it knows the tenant)
SELECT u.id, u.tenant_id, u.email, u.password_hash, u.role, u.status, t.slug AS tenant_slug, t.status AS tenant_status
FROM users u JOIN tenants t ON t.id = u.tenant_id
WHERE u.email_normalised = $1 AND u.deleted_at IS NULL AND t.deleted_at IS NULL AND (CAST($2 AS TEXT) IS NULL OR t.slug = $2)
ORDER BY u.created_at, u.id
LIMIT CAST($3 AS BIGINT)

-- part: users_listed
-- What a list shows and its count counts.
users
WHERE tenant_id = $1 AND deleted_at IS NULL
  AND (CAST($2 AS TEXT) IS NULL OR role = $2)
  AND (CAST($3 AS TEXT) IS NULL OR status = $3)
  AND (CAST($4 AS TEXT) IS NULL OR lower(email) LIKE lower($4) ESCAPE '\' OR lower(COALESCE(first_name, '') || ' ' || COALESCE(last_name, '')) LIKE lower($4) ESCAPE '\')

-- name: users_page :many
SELECT ${user_columns}
FROM ${users_listed}
ORDER BY created_at, id
LIMIT CAST($5 AS BIGINT) OFFSET CAST($6 AS BIGINT)

-- name: users_count :one
SELECT COUNT(*) AS total
FROM ${users_listed}

-- name: user_insert :exec
INSERT INTO users (id, tenant_id, email, email_normalised, password_hash, first_name, last_name, role, status, permissions, created_at, updated_at)
VALUES ($2, $1, $3, $4, $5, $6, $7, $8, 'active', '[]', $9, $9)

-- name: user_set_profile :one
-- $3 and $5 say whether to set the name behind them. $8 is the last change that was seen, or null.
UPDATE users SET first_name = CASE WHEN $3 = 1 THEN $4 ELSE first_name END, last_name = CASE WHEN $5 = 1 THEN $6 ELSE last_name END, updated_at = $7
WHERE tenant_id = $1 AND id = $2 AND (CAST($8 AS BIGINT) IS NULL OR updated_at = $8) AND deleted_at IS NULL
RETURNING ${user_columns}

-- The tenant keeps an active owner, and nobody changed the user behind the actor's back ($8: the last change the actor saw).
-- name: user_set_access :one
UPDATE users SET role = $3, status = $4, first_name = $5, last_name = $6, updated_at = $7
WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL AND updated_at = $8
  AND (($3 = 'owner' AND $4 = 'active')
       OR EXISTS (SELECT 1 FROM users o WHERE o.tenant_id = $1 AND o.id <> $2 AND o.role = 'owner' AND o.status = 'active' AND o.deleted_at IS NULL))
RETURNING ${user_columns}

-- name: user_delete :exec
UPDATE users SET deleted_at = $3, updated_at = $3
WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL AND updated_at = $4
  AND EXISTS (SELECT 1 FROM users o WHERE o.tenant_id = $1 AND o.id <> $2 AND o.role = 'owner' AND o.status = 'active' AND o.deleted_at IS NULL)

-- Only over the hash that was checked: of two changes at once one wins.
-- name: user_set_password :exec
UPDATE users SET password_hash = $4, updated_at = $5
WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL AND password_hash = $3

-- name: user_touch_login :exec
UPDATE users SET last_login_at = $3
WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL AND status = 'active' AND password_hash = $4

-- name: user_id_by_email :one
SELECT id FROM users WHERE tenant_id = $1 AND email_normalised = $2 AND deleted_at IS NULL
