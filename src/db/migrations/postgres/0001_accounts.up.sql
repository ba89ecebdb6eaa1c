-- The second fence (DESIGN 7): a statement sees and writes the rows of the tenant in `agentic.tenant_id` and of no other, whoever owns the
-- table, unless `agentic.scope` is 'system'. Both are SET LOCAL by the driver. The sub-selects make each setting be read once per statement.
CREATE FUNCTION agentic_fence(fenced regclass, tenant_column text DEFAULT 'tenant_id') RETURNS void LANGUAGE plpgsql AS $fence$
DECLARE
    rule text := format(
        '%I = (SELECT NULLIF(current_setting(''agentic.tenant_id'', true), '''')::uuid) OR (SELECT current_setting(''agentic.scope'', true)) = ''system''',
        tenant_column);
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', fenced);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', fenced);
    EXECUTE format('CREATE POLICY tenant_fence ON %s USING (%s) WITH CHECK (%s)', fenced, rule, rule);
END
$fence$;

CREATE TABLE tenants (
    id          UUID PRIMARY KEY,
    name        TEXT NOT NULL,
    slug        TEXT NOT NULL,
    status      TEXT NOT NULL CHECK (status IN ('active', 'suspended', 'deleted')),
    plan_type   TEXT NOT NULL,
    limits      TEXT NOT NULL,
    settings    TEXT NOT NULL,
    region      TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    deleted_at  BIGINT
);
CREATE UNIQUE INDEX idx_tenants_slug ON tenants (slug);
SELECT agentic_fence('tenants', 'id');

-- One row, made together with the first tenant: the lock that lets exactly one caller be first.
CREATE TABLE installation (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    claimed_at  BIGINT NOT NULL
);

CREATE TABLE users (
    id                UUID PRIMARY KEY,
    tenant_id         UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    email             TEXT NOT NULL,
    email_normalised  TEXT NOT NULL,
    password_hash     TEXT NOT NULL,
    first_name        TEXT,
    last_name         TEXT,
    role              TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
    status            TEXT NOT NULL CHECK (status IN ('active', 'suspended')),
    permissions       TEXT NOT NULL,
    last_login_at     BIGINT,
    created_at        BIGINT NOT NULL,
    updated_at        BIGINT NOT NULL,
    deleted_at        BIGINT,
    UNIQUE (tenant_id, id)
);
CREATE UNIQUE INDEX idx_users_tenant_email ON users (tenant_id, email_normalised) WHERE deleted_at IS NULL;
CREATE INDEX idx_users_tenant_status ON users (tenant_id, status);
CREATE INDEX idx_users_email ON users (email_normalised) WHERE deleted_at IS NULL;
SELECT agentic_fence('users');

-- A login on one device: the family of its refresh tokens. Access tokens name it, so ending it ends them.
CREATE TABLE sessions (
    id          UUID PRIMARY KEY,
    tenant_id   UUID NOT NULL,
    user_id     UUID NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    revoked_at  BIGINT,
    UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX idx_sessions_tenant_user ON sessions (tenant_id, user_id);
CREATE INDEX idx_sessions_expires ON sessions (expires_at);
SELECT agentic_fence('sessions');

-- Every refresh token a session ever had, by hash; a used one that comes back betrays a theft.
CREATE TABLE refresh_tokens (
    id          UUID PRIMARY KEY,
    tenant_id   UUID NOT NULL,
    session_id  UUID NOT NULL,
    token_hash  TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    used_at     BIGINT,
    FOREIGN KEY (tenant_id, session_id) REFERENCES sessions (tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX idx_refresh_tokens_hash ON refresh_tokens (token_hash);
CREATE INDEX idx_refresh_tokens_session ON refresh_tokens (tenant_id, session_id);
SELECT agentic_fence('refresh_tokens');

CREATE TABLE invitations (
    id                UUID PRIMARY KEY,
    tenant_id         UUID NOT NULL,
    email             TEXT NOT NULL,
    email_normalised  TEXT NOT NULL,
    role              TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
    token_hash        TEXT NOT NULL,
    invited_by        UUID NOT NULL,
    created_at        BIGINT NOT NULL,
    updated_at        BIGINT NOT NULL,
    expires_at        BIGINT NOT NULL,
    accepted_at       BIGINT,
    UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, invited_by) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX idx_invitations_hash ON invitations (token_hash);
CREATE UNIQUE INDEX idx_invitations_pending ON invitations (tenant_id, email_normalised) WHERE accepted_at IS NULL;
SELECT agentic_fence('invitations');

-- `prefix` is the public part, by which the key is found; only the hash of the whole key is kept.
CREATE TABLE api_keys (
    id            UUID PRIMARY KEY,
    tenant_id     UUID NOT NULL,
    user_id       UUID NOT NULL,
    name          TEXT NOT NULL,
    prefix        TEXT NOT NULL,
    key_hash      TEXT NOT NULL,
    scopes        TEXT NOT NULL,
    expires_at    BIGINT,
    last_used_at  BIGINT,
    created_at    BIGINT NOT NULL,
    updated_at    BIGINT NOT NULL,
    deleted_at    BIGINT,
    UNIQUE (tenant_id, id),
    FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX idx_api_keys_prefix ON api_keys (prefix);
CREATE INDEX idx_api_keys_tenant_user ON api_keys (tenant_id, user_id);
SELECT agentic_fence('api_keys');

-- Platform administrators belong to no tenant and never become users of one.
CREATE TABLE platform_admins (
    id                UUID PRIMARY KEY,
    email             TEXT NOT NULL,
    email_normalised  TEXT NOT NULL,
    password_hash     TEXT NOT NULL,
    status            TEXT NOT NULL CHECK (status IN ('active', 'suspended')),
    created_at        BIGINT NOT NULL,
    updated_at        BIGINT NOT NULL
);
CREATE UNIQUE INDEX idx_platform_admins_email ON platform_admins (email_normalised);

CREATE TABLE platform_admin_tokens (
    id          UUID PRIMARY KEY,
    admin_id    UUID NOT NULL REFERENCES platform_admins (id) ON DELETE CASCADE,
    token_hash  TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL
);
CREATE UNIQUE INDEX idx_platform_admin_tokens_hash ON platform_admin_tokens (token_hash);
CREATE INDEX idx_platform_admin_tokens_admin ON platform_admin_tokens (admin_id);
