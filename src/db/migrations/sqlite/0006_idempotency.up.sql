-- Requests that carry an Idempotency-Key: what was asked, and what came of it. A run is known by its id; other answers are kept as they were sent.
CREATE TABLE idempotency_keys (
    tenant_id       TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    user_id         TEXT NOT NULL,
    operation       TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    reservation     TEXT NOT NULL,
    fingerprint     TEXT NOT NULL,
    run_id          TEXT,
    status          INTEGER,
    headers         TEXT NOT NULL,
    body            TEXT NOT NULL,
    locked_until    INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    expires_at      INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, user_id, operation, idempotency_key),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX idx_idempotency_keys_expires ON idempotency_keys (expires_at);
