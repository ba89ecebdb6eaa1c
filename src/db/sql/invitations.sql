-- name: invitation_insert :exec
INSERT INTO invitations (id, tenant_id, email, email_normalised, role, token_hash, invited_by, created_at, updated_at, expires_at)
VALUES ($2, $1, $3, $4, $5, $6, $7, $8, $8, $9)

-- name: invitation_drop_pending :exec
DELETE FROM invitations WHERE tenant_id = $1 AND email_normalised = $2 AND accepted_at IS NULL

-- Who loses rights leaves no open door behind.
-- name: invitations_drop_by :exec
DELETE FROM invitations WHERE tenant_id = $1 AND invited_by = $2 AND accepted_at IS NULL

-- name: invitation_by_hash :one @cross_tenant(an invitation token is opaque: it names its tenant by its row)
SELECT i.id, i.tenant_id, i.email, i.email_normalised, i.role, i.expires_at, i.accepted_at, t.status AS tenant_status
FROM invitations i JOIN tenants t ON t.id = i.tenant_id
WHERE i.token_hash = $1 AND t.deleted_at IS NULL

-- name: invitation_accept :exec
UPDATE invitations SET accepted_at = $3, updated_at = $3
WHERE tenant_id = $1 AND id = $2 AND accepted_at IS NULL AND expires_at > $3
