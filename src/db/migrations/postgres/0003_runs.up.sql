-- Runs: the durable record of one agent execution each, its events, and what it cost.

-- The processes that work on runs. A run's lease lives as long as its owner's heartbeat goes on: one row write renews the leases of a thousand runs.
CREATE TABLE run_workers (
    id                  UUID PRIMARY KEY NOT NULL,
    heartbeat_sequence  BIGINT NOT NULL,
    heartbeat_at        BIGINT NOT NULL,
    started_at          BIGINT NOT NULL
);

CREATE TABLE runs (
    tenant_id          UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id                 UUID NOT NULL,
    agent_id           UUID NOT NULL,
    agent_version      BIGINT NOT NULL,
    conversation_id    UUID NOT NULL,
    user_id            UUID NOT NULL,
    status             TEXT NOT NULL CHECK (status IN ('queued', 'running', 'waiting_approval', 'completed', 'failed', 'cancelled', 'expired')),
    input              TEXT NOT NULL,
    context            TEXT NOT NULL,
    metadata           TEXT NOT NULL,
    max_iterations     BIGINT,
    attempt            BIGINT NOT NULL,
    iterations         BIGINT NOT NULL,
    turn_blocks        TEXT NOT NULL,
    lease_owner        UUID,
    cancel_requested   BOOLEAN NOT NULL,
    user_message_id    UUID,
    message_id         UUID,
    error_code         TEXT,
    error_message      TEXT,
    model              TEXT,
    stop_reason        TEXT,
    warnings           TEXT NOT NULL,
    input_tokens       BIGINT NOT NULL,
    output_tokens      BIGINT NOT NULL,
    cache_read_tokens  BIGINT NOT NULL,
    cache_write_tokens BIGINT NOT NULL,
    reasoning_tokens   BIGINT NOT NULL,
    cost_micros        BIGINT NOT NULL,
    latency_ms         BIGINT,
    created_at         BIGINT NOT NULL,
    started_at         BIGINT,
    finished_at        BIGINT,
    updated_at         BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, agent_id) REFERENCES agents (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, conversation_id) REFERENCES conversations (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);

-- One turn at a time in a conversation, whatever the processes think.
CREATE UNIQUE INDEX idx_runs_conversation_busy ON runs (tenant_id, conversation_id) WHERE status IN ('running', 'waiting_approval');
CREATE INDEX idx_runs_tenant_conversation ON runs (tenant_id, conversation_id, id);
CREATE INDEX idx_runs_tenant_agent ON runs (tenant_id, agent_id, id);
-- What a process owns, for recovery: only live runs are in it.
CREATE INDEX idx_runs_lease ON runs (lease_owner, id) WHERE status IN ('queued', 'running');

-- The events of one committed step in one row (services/runs/event_log.hpp), so that a thousand streams do not mean a row per token.
CREATE TABLE run_events (
    tenant_id       UUID NOT NULL,
    run_id          UUID NOT NULL,
    first_sequence  BIGINT NOT NULL,
    last_sequence   BIGINT NOT NULL,
    body            TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, run_id, first_sequence),
    FOREIGN KEY (tenant_id, run_id) REFERENCES runs (tenant_id, id) ON DELETE CASCADE
);

CREATE TRIGGER run_events_are_immutable BEFORE UPDATE ON run_events EXECUTE FUNCTION agentic_refuse_update();

-- One line per model call, in micro-units of money with the prices of that moment. Append-only, and kept when its run is deleted.
CREATE TABLE usage_ledger (
    tenant_id          UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id                 UUID NOT NULL,
    run_id             UUID NOT NULL,
    agent_id           UUID NOT NULL,
    conversation_id    UUID NOT NULL,
    user_id            UUID NOT NULL,
    provider           TEXT NOT NULL,
    model              TEXT NOT NULL,
    input_tokens       BIGINT NOT NULL,
    output_tokens      BIGINT NOT NULL,
    cache_read_tokens  BIGINT NOT NULL,
    cache_write_tokens BIGINT NOT NULL,
    reasoning_tokens   BIGINT NOT NULL,
    cost_micros        BIGINT NOT NULL,
    prices             TEXT NOT NULL,
    created_at         BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX idx_usage_ledger_tenant_created ON usage_ledger (tenant_id, created_at);
CREATE INDEX idx_usage_ledger_tenant_run ON usage_ledger (tenant_id, run_id);

CREATE TRIGGER usage_ledger_are_immutable BEFORE UPDATE ON usage_ledger EXECUTE FUNCTION agentic_refuse_update();

SELECT agentic_fence('runs');
SELECT agentic_fence('run_events');
SELECT agentic_fence('usage_ledger');
