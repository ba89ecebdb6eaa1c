-- Runs: the durable record of one agent execution each, its events, and what it cost.

-- The processes that work on runs. A run's lease lives as long as its owner's heartbeat goes on: one row write renews the leases of a thousand runs.
CREATE TABLE run_workers (
    id                  TEXT PRIMARY KEY NOT NULL,
    heartbeat_sequence  INTEGER NOT NULL,
    heartbeat_at        INTEGER NOT NULL,
    started_at          INTEGER NOT NULL
) STRICT;

CREATE TABLE runs (
    tenant_id          TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id                 TEXT NOT NULL,
    agent_id           TEXT NOT NULL,
    agent_version      INTEGER NOT NULL,
    conversation_id    TEXT NOT NULL,
    user_id            TEXT NOT NULL,
    status             TEXT NOT NULL CHECK (status IN ('queued', 'running', 'waiting_approval', 'completed', 'failed', 'cancelled', 'expired')),
    input              TEXT NOT NULL,
    context            TEXT NOT NULL,
    metadata           TEXT NOT NULL,
    max_iterations     INTEGER,
    attempt            INTEGER NOT NULL,
    iterations         INTEGER NOT NULL,
    turn_blocks        TEXT NOT NULL,
    lease_owner        TEXT,
    cancel_requested   INTEGER NOT NULL,
    user_message_id    TEXT,
    message_id         TEXT,
    error_code         TEXT,
    error_message      TEXT,
    model              TEXT,
    stop_reason        TEXT,
    warnings           TEXT NOT NULL,
    input_tokens       INTEGER NOT NULL,
    output_tokens      INTEGER NOT NULL,
    cache_read_tokens  INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    reasoning_tokens   INTEGER NOT NULL,
    cost_micros        INTEGER NOT NULL,
    latency_ms         INTEGER,
    created_at         INTEGER NOT NULL,
    started_at         INTEGER,
    finished_at        INTEGER,
    updated_at         INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, agent_id) REFERENCES agents (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, conversation_id) REFERENCES conversations (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- One turn at a time in a conversation, whatever the processes think.
CREATE UNIQUE INDEX idx_runs_conversation_busy ON runs (tenant_id, conversation_id) WHERE status IN ('running', 'waiting_approval');
CREATE INDEX idx_runs_tenant_conversation ON runs (tenant_id, conversation_id, id);
CREATE INDEX idx_runs_tenant_agent ON runs (tenant_id, agent_id, id);
-- What a process owns, for recovery: only live runs are in it.
CREATE INDEX idx_runs_lease ON runs (lease_owner, id) WHERE status IN ('queued', 'running');

CREATE TRIGGER runs_tenant_is_fixed BEFORE UPDATE OF tenant_id ON runs WHEN NEW.tenant_id <> OLD.tenant_id
BEGIN SELECT RAISE(ABORT, 'a row cannot change its tenant'); END;

-- The events of one committed step in one row (services/runs/event_log.hpp), so that a thousand streams do not mean a row per token.
CREATE TABLE run_events (
    tenant_id       TEXT NOT NULL,
    run_id          TEXT NOT NULL,
    first_sequence  INTEGER NOT NULL,
    last_sequence   INTEGER NOT NULL,
    body            TEXT NOT NULL,
    created_at      INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, run_id, first_sequence),
    FOREIGN KEY (tenant_id, run_id) REFERENCES runs (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TRIGGER run_events_are_immutable BEFORE UPDATE ON run_events
BEGIN SELECT RAISE(ABORT, 'an event cannot be changed'); END;

-- One line per model call, in micro-units of money with the prices of that moment. Append-only, and kept when its run is deleted.
CREATE TABLE usage_ledger (
    tenant_id          TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id                 TEXT NOT NULL,
    run_id             TEXT NOT NULL,
    agent_id           TEXT NOT NULL,
    conversation_id    TEXT NOT NULL,
    user_id            TEXT NOT NULL,
    provider           TEXT NOT NULL,
    model              TEXT NOT NULL,
    input_tokens       INTEGER NOT NULL,
    output_tokens      INTEGER NOT NULL,
    cache_read_tokens  INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    reasoning_tokens   INTEGER NOT NULL,
    cost_micros        INTEGER NOT NULL,
    prices             TEXT NOT NULL,
    created_at         INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX idx_usage_ledger_tenant_created ON usage_ledger (tenant_id, created_at);
CREATE INDEX idx_usage_ledger_tenant_run ON usage_ledger (tenant_id, run_id);

CREATE TRIGGER usage_ledger_are_immutable BEFORE UPDATE ON usage_ledger
BEGIN SELECT RAISE(ABORT, 'a line of the ledger cannot be changed'); END;
