-- Requests that carry an Idempotency-Key: what was asked, and what came of it. A run is known by its id; other answers are kept as they were sent.
CREATE TABLE idempotency_keys (
    tenant_id       UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    user_id         UUID NOT NULL,
    operation       TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    reservation     UUID NOT NULL,
    fingerprint     TEXT NOT NULL,
    run_id          UUID,
    status          BIGINT,
    headers         TEXT NOT NULL,
    body            TEXT NOT NULL,
    locked_until    BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, user_id, operation, idempotency_key),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX idx_idempotency_keys_expires ON idempotency_keys (expires_at);

SELECT agentic_fence('idempotency_keys');
