-- name: platform_admin_insert :exec
INSERT INTO platform_admins (id, email, email_normalised, password_hash, status, created_at, updated_at) VALUES ($1, $2, $3, $4, 'active', $5, $5)

-- name: platform_admin_by_email :one
SELECT id, email, password_hash, status FROM platform_admins WHERE email_normalised = $1

-- name: platform_admin_set_password :exec
UPDATE platform_admins SET password_hash = $2, updated_at = $3 WHERE id = $1

-- name: platform_admin_token_insert :exec
INSERT INTO platform_admin_tokens (id, admin_id, token_hash, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)

-- name: platform_admin_tokens_drop :exec
DELETE FROM platform_admin_tokens WHERE admin_id = $1

-- name: platform_admin_by_token :one
SELECT a.id, a.email, a.status, t.id AS token_id, t.expires_at
FROM platform_admin_tokens t JOIN platform_admins a ON a.id = t.admin_id
WHERE t.token_hash = $1
