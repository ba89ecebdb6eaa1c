-- Jobs. Whoever works on one names its lease (owner and attempt) in every write: when another process has taken the job over, nothing changes.

-- name: job_insert :exec
INSERT INTO jobs (tenant_id, id, kind, subject_id, payload, state, priority, attempts, max_attempts, run_at, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, 'queued', $6, 0, $7, $8, $9, $9)

-- name: job_cancel :many
-- The unfinished jobs of a subject, whoever works on them. $3 the kind, or null for all.
UPDATE jobs SET state = 'cancelled', finished_at = $4, updated_at = $4, lease_owner = NULL
WHERE tenant_id = $1 AND subject_id = $2 AND (CAST($3 AS TEXT) IS NULL OR kind = $3) AND state IN ('queued', 'running')
RETURNING id

-- name: job_next_tenant :many @cross_tenant(the runner serves all tenants in turn)
-- Of the tenants with work that is due, the first after $1.
SELECT tenant_id FROM jobs WHERE state = 'queued' AND run_at <= $2 AND tenant_id > $1 ORDER BY tenant_id LIMIT 1

-- part: job_columns
tenant_id, id, kind, subject_id, payload, state, priority, attempts, max_attempts, run_at, lease_owner, error, created_at, updated_at, finished_at

-- name: job_claim :many @sqlite
-- differs because rows are locked one by one on PostgreSQL. The next job of a tenant: $2 the owner, $3 now.
UPDATE jobs SET state = 'running', lease_owner = $2, attempts = attempts + 1, updated_at = $3
WHERE tenant_id = $1 AND state = 'queued' AND id = (
    SELECT j.id FROM jobs j WHERE j.tenant_id = $1 AND j.state = 'queued' AND j.run_at <= $3 ORDER BY j.priority DESC, j.run_at, j.id LIMIT 1)
RETURNING ${job_columns}

-- name: job_claim :many @postgres
-- differs because rows are locked one by one.
UPDATE jobs SET state = 'running', lease_owner = $2, attempts = attempts + 1, updated_at = $3
WHERE tenant_id = $1 AND state = 'queued' AND id = (
    SELECT j.id FROM jobs j WHERE j.tenant_id = $1 AND j.state = 'queued' AND j.run_at <= $3 ORDER BY j.priority DESC, j.run_at, j.id LIMIT 1
    FOR UPDATE SKIP LOCKED)
RETURNING ${job_columns}

-- name: job_hold :exec
-- Changes nothing but the time, and only while the job is the owner's: the fence of a batch.
UPDATE jobs SET updated_at = $5 WHERE tenant_id = $1 AND id = $2 AND lease_owner = $3 AND attempts = $4 AND state = 'running'

-- name: job_finish :exec
UPDATE jobs SET state = $5, error = $6, finished_at = $7, updated_at = $7, lease_owner = NULL
WHERE tenant_id = $1 AND id = $2 AND lease_owner = $3 AND attempts = $4 AND state = 'running'

-- name: job_note :exec
UPDATE jobs SET payload = $5, updated_at = $6 WHERE tenant_id = $1 AND id = $2 AND lease_owner = $3 AND attempts = $4 AND state = 'running'

-- name: job_again :exec
-- Back into the queue: $5 the attempts that count, $6 what went wrong, $7 when.
UPDATE jobs SET state = 'queued', attempts = $5, error = $6, run_at = $7, updated_at = $8, lease_owner = NULL
WHERE tenant_id = $1 AND id = $2 AND lease_owner = $3 AND attempts = $4 AND state = 'running'

-- name: job_recover :exec @cross_tenant(recovery takes back whatever dead processes had claimed)
-- Owners without a row in run_workers are gone for sure (services/runs/run_recovery.hpp removes it).
UPDATE jobs SET state = 'queued', run_at = $1, updated_at = $1, lease_owner = NULL
WHERE state = 'running' AND lease_owner NOT IN (SELECT w.id FROM run_workers w)

-- name: job_held :many @cross_tenant(one process watches its jobs of all tenants)
-- What an owner still has: a job of its that is missing here was cancelled or taken over.
SELECT tenant_id, id, attempts FROM jobs WHERE lease_owner = $1 AND state = 'running'

-- name: job_forget :exec @cross_tenant(old jobs of all tenants)
DELETE FROM jobs WHERE finished_at < $1
