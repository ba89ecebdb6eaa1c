-- Agents and their versions, conversations and their messages.

CREATE TABLE agents (
    tenant_id       TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id              TEXT NOT NULL,
    name            TEXT NOT NULL,
    slug            TEXT NOT NULL,
    description     TEXT,
    model_provider  TEXT NOT NULL,
    model_name      TEXT NOT NULL,
    system_prompt   TEXT,
    temperature     REAL CHECK (temperature BETWEEN 0 AND 2),
    max_tokens      INTEGER CHECK (max_tokens > 0),
    capabilities    TEXT NOT NULL,
    tools           TEXT NOT NULL,
    collection_ids  TEXT NOT NULL,
    retrieval       TEXT NOT NULL,
    timeout_seconds INTEGER NOT NULL CHECK (timeout_seconds > 0),
    max_iterations  INTEGER NOT NULL CHECK (max_iterations > 0),
    memory_enabled  INTEGER NOT NULL,
    tags            TEXT NOT NULL,
    config          TEXT NOT NULL,
    extra_metadata  TEXT NOT NULL,
    status          TEXT NOT NULL CHECK (status IN ('active', 'inactive', 'archived')),
    version         INTEGER NOT NULL,
    created_by      TEXT,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    deleted_at      INTEGER,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, created_by) REFERENCES users (tenant_id, id)
) STRICT;

-- A slug is free again once its agent is deleted.
CREATE UNIQUE INDEX idx_agents_tenant_slug ON agents (tenant_id, slug) WHERE deleted_at IS NULL;
-- Answers the count of a list, with or without a status, without touching the table: hence deleted_at as a column and not as a condition.
CREATE INDEX idx_agents_tenant_status ON agents (tenant_id, deleted_at, status);
-- The default order of the list.
CREATE INDEX idx_agents_tenant_created ON agents (tenant_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;

CREATE TRIGGER agents_tenant_is_fixed BEFORE UPDATE OF tenant_id ON agents WHEN NEW.tenant_id <> OLD.tenant_id
BEGIN SELECT RAISE(ABORT, 'a row cannot change its tenant'); END;

-- What an agent was at each version, the current one included. The slug and the status are not part of it: they belong to the agent's life, not to
-- what it does.
CREATE TABLE agent_versions (
    tenant_id       TEXT NOT NULL,
    agent_id        TEXT NOT NULL,
    version         INTEGER NOT NULL,
    name            TEXT NOT NULL,
    description     TEXT,
    model_provider  TEXT NOT NULL,
    model_name      TEXT NOT NULL,
    system_prompt   TEXT,
    temperature     REAL,
    max_tokens      INTEGER,
    capabilities    TEXT NOT NULL,
    tools           TEXT NOT NULL,
    collection_ids  TEXT NOT NULL,
    retrieval       TEXT NOT NULL,
    timeout_seconds INTEGER NOT NULL,
    max_iterations  INTEGER NOT NULL,
    memory_enabled  INTEGER NOT NULL,
    tags            TEXT NOT NULL,
    config          TEXT NOT NULL,
    extra_metadata  TEXT NOT NULL,
    created_by      TEXT,
    created_at      INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, agent_id, version),
    FOREIGN KEY (tenant_id, agent_id) REFERENCES agents (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TRIGGER agent_versions_are_immutable BEFORE UPDATE ON agent_versions
BEGIN SELECT RAISE(ABORT, 'a version of an agent cannot be changed'); END;

CREATE TABLE conversations (
    tenant_id          TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id                 TEXT NOT NULL,
    agent_id           TEXT NOT NULL,
    user_id            TEXT NOT NULL,
    title              TEXT,
    status             TEXT NOT NULL CHECK (status IN ('active', 'completed', 'archived')),
    on_busy            TEXT NOT NULL CHECK (on_busy IN ('reject', 'enqueue', 'interrupt')),
    message_count      INTEGER NOT NULL DEFAULT 0,
    last_message_at    INTEGER,
    extra_metadata     TEXT NOT NULL,
    forked_from_id     TEXT,
    forked_at_sequence INTEGER,
    version            INTEGER NOT NULL,
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER NOT NULL,
    deleted_at         INTEGER,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, agent_id) REFERENCES agents (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- The two orders of the list: everybody's for administrators, one user's for everyone else.
CREATE INDEX idx_conversations_tenant_activity ON conversations (tenant_id, updated_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX idx_conversations_tenant_user ON conversations (tenant_id, user_id, updated_at DESC, id DESC) WHERE deleted_at IS NULL;
CREATE INDEX idx_conversations_tenant_agent ON conversations (tenant_id, agent_id);

CREATE TRIGGER conversations_tenant_is_fixed BEFORE UPDATE OF tenant_id ON conversations WHEN NEW.tenant_id <> OLD.tenant_id
BEGIN SELECT RAISE(ABORT, 'a row cannot change its tenant'); END;

-- Messages are appended and never changed. Their numbers start at 1 and have no gaps, so conversations.message_count is also the last number.
CREATE TABLE messages (
    tenant_id       TEXT NOT NULL,
    id              TEXT NOT NULL,
    conversation_id TEXT NOT NULL,
    run_id          TEXT,
    sequence_number INTEGER NOT NULL CHECK (sequence_number > 0),
    role            TEXT NOT NULL CHECK (role IN ('user', 'assistant', 'tool', 'system')),
    content         TEXT NOT NULL,
    content_blocks  TEXT NOT NULL,
    citations       TEXT NOT NULL,
    model           TEXT,
    token_count     INTEGER,
    latency_ms      INTEGER,
    created_at      INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, conversation_id, sequence_number),
    FOREIGN KEY (tenant_id, conversation_id) REFERENCES conversations (tenant_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TRIGGER messages_are_immutable BEFORE UPDATE ON messages
BEGIN SELECT RAISE(ABORT, 'a message cannot be changed'); END;
