-- Knowledge: collections of documents, their chunks in words and vectors, the queries asked of them, and the jobs that make them.

CREATE TABLE collections (
    tenant_id            UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id                   UUID NOT NULL,
    name                 TEXT NOT NULL,
    description          TEXT,
    embedding_model      TEXT NOT NULL,
    embedding_dimensions BIGINT NOT NULL CHECK (embedding_dimensions > 0),
    generation           BIGINT NOT NULL,
    content_revision     BIGINT NOT NULL DEFAULT 0,
    next_model           TEXT,
    next_dimensions      BIGINT,
    reembed_progress     BIGINT NOT NULL DEFAULT 0 CHECK (reembed_progress BETWEEN 0 AND 100),
    reembed_error        TEXT,
    chunk_size           BIGINT NOT NULL CHECK (chunk_size > 0),
    chunk_overlap        BIGINT NOT NULL CHECK (chunk_overlap >= 0 AND chunk_overlap < chunk_size),
    chunking             TEXT NOT NULL CHECK (chunking IN ('fixed', 'semantic', 'sentence')),
    visibility           TEXT NOT NULL CHECK (visibility IN ('tenant', 'private')),
    config               TEXT NOT NULL,
    extra_metadata       TEXT NOT NULL,
    version              BIGINT NOT NULL,
    created_by           UUID,
    created_at           BIGINT NOT NULL,
    updated_at           BIGINT NOT NULL,
    deleted_at           BIGINT,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, created_by) REFERENCES users (tenant_id, id)
);

-- A name is free again once its collection is deleted.
CREATE UNIQUE INDEX idx_collections_tenant_name ON collections (tenant_id, name) WHERE deleted_at IS NULL;
-- The default order of the list.
CREATE INDEX idx_collections_tenant_created ON collections (tenant_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;

-- `version` counts uploads of the document; `indexed_version` is the one whose chunks can be found, 0 for none. They differ while a change is being
-- worked on, and the step from one to the other is one UPDATE of this row: searches see the old chunks or the new ones, never both.
CREATE TABLE documents (
    tenant_id        UUID NOT NULL,
    id               UUID NOT NULL,
    collection_id    UUID NOT NULL,
    title            TEXT NOT NULL,
    source           TEXT NOT NULL CHECK (source IN ('upload', 'text', 'url')),
    source_key       TEXT NOT NULL,
    source_url       TEXT,
    file_name        TEXT,
    media_type       TEXT NOT NULL,
    size_bytes       BIGINT NOT NULL,
    sha256           TEXT,
    blob             TEXT,
    status           TEXT NOT NULL CHECK (status IN ('pending', 'processing', 'completed', 'failed', 'cancelled')),
    progress         BIGINT NOT NULL CHECK (progress BETWEEN 0 AND 100),
    chunks_processed BIGINT NOT NULL,
    total_chunks     BIGINT NOT NULL,
    error_code       TEXT,
    error_message    TEXT,
    page_count       BIGINT NOT NULL,
    language         TEXT,
    author           TEXT,
    extra_metadata   TEXT NOT NULL,
    version          BIGINT NOT NULL,
    indexed_version  BIGINT NOT NULL,
    indexed_chunks   BIGINT NOT NULL,
    revision         BIGINT NOT NULL DEFAULT 0,
    created_by       UUID,
    created_at       BIGINT NOT NULL,
    updated_at       BIGINT NOT NULL,
    completed_at     BIGINT,
    deleted_at       BIGINT,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, collection_id) REFERENCES collections (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, created_by) REFERENCES users (tenant_id, id)
);

-- One document for the same bytes, and one for the same name: what comes again under that name is its next version.
CREATE UNIQUE INDEX idx_documents_collection_hash ON documents (tenant_id, collection_id, sha256) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX idx_documents_collection_key ON documents (tenant_id, collection_id, source_key) WHERE deleted_at IS NULL;
CREATE INDEX idx_documents_collection_created ON documents (tenant_id, collection_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;
-- The statistics of a collection, without touching the table.
CREATE INDEX idx_documents_collection_sums ON documents (tenant_id, collection_id, deleted_at, indexed_chunks, size_bytes);
-- What was indexed since somebody last looked: `revision` is the collection's content_revision of that moment.
CREATE INDEX idx_documents_collection_revision ON documents (tenant_id, collection_id, revision);
CREATE INDEX idx_documents_blob ON documents (blob) WHERE blob IS NOT NULL;

-- A chunk can be found when its document is not deleted and its version is the indexed one.
CREATE TABLE chunks (
    tenant_id        UUID NOT NULL,
    id               UUID NOT NULL,
    collection_id    UUID NOT NULL,
    document_id      UUID NOT NULL,
    document_version BIGINT NOT NULL,
    sequence_number  BIGINT NOT NULL,
    text             TEXT NOT NULL,
    page_number      BIGINT,
    pages            TEXT NOT NULL,
    section          TEXT,
    byte_begin       BIGINT NOT NULL,
    byte_end         BIGINT NOT NULL,
    token_count      BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, document_id, document_version, sequence_number),
    FOREIGN KEY (tenant_id, document_id) REFERENCES documents (tenant_id, id) ON DELETE CASCADE
);

CREATE TRIGGER chunks_are_immutable BEFORE UPDATE ON chunks EXECUTE FUNCTION agentic_refuse_update();

-- The words of each chunk, as knowledge/lexical_query.hpp prepares them. The collection stands among them as a word of its own, so that a search reads
-- one collection's entries and not everybody's.
CREATE TABLE chunk_lexemes (
    tenant_id UUID NOT NULL,
    chunk_id  UUID NOT NULL,
    words     TSVECTOR NOT NULL,
    PRIMARY KEY (tenant_id, chunk_id),
    FOREIGN KEY (tenant_id, chunk_id) REFERENCES chunks (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX idx_chunk_lexemes ON chunk_lexemes USING gin (words);
-- Row-level security keeps an operator from using an index unless it is known to tell nothing of the rows it looks at. This one does not; only a
-- superuser may say so, and without one searches still answer, by looking at each chunk of the tenant.
DO $$
BEGIN
    ALTER FUNCTION pg_catalog.ts_match_vq (tsvector, tsquery) LEAKPROOF;
EXCEPTION WHEN insufficient_privilege THEN
    NULL;
END
$$;

-- The vectors of a chunk in one generation of its collection: rows of little-endian floats, one for each window of the model that the chunk fills.
CREATE TABLE chunk_embeddings (
    tenant_id     UUID NOT NULL,
    collection_id UUID NOT NULL,
    generation    BIGINT NOT NULL,
    chunk_id      UUID NOT NULL,
    embedding     BYTEA NOT NULL,
    PRIMARY KEY (tenant_id, collection_id, generation, chunk_id),
    FOREIGN KEY (tenant_id, chunk_id) REFERENCES chunks (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX idx_chunk_embeddings_chunk ON chunk_embeddings (tenant_id, chunk_id);

-- Work that survives the process. A running job belongs to `lease_owner` (a row of run_workers) for as long as that one's heartbeat goes on.
CREATE TABLE jobs (
    tenant_id    UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id           UUID NOT NULL,
    kind         TEXT NOT NULL,
    subject_id   UUID NOT NULL,
    payload      TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('queued', 'running', 'completed', 'failed', 'cancelled')),
    priority     BIGINT NOT NULL,
    attempts     BIGINT NOT NULL,
    max_attempts BIGINT NOT NULL,
    run_at       BIGINT NOT NULL,
    lease_owner  UUID,
    error        TEXT,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    finished_at  BIGINT,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX idx_jobs_queued ON jobs (tenant_id, priority DESC, run_at, id) WHERE state = 'queued';
CREATE INDEX idx_jobs_lease ON jobs (lease_owner) WHERE state = 'running';
CREATE UNIQUE INDEX idx_jobs_subject ON jobs (tenant_id, subject_id, kind) WHERE state IN ('queued', 'running');
CREATE INDEX idx_jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL;

-- Every query asked of the knowledge: what was looked for, where and how, and which chunks were found. Never their text.
CREATE TABLE rag_queries (
    tenant_id         UUID NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id                UUID NOT NULL,
    user_id           UUID NOT NULL,
    run_id            UUID,
    query             TEXT NOT NULL,
    collection_ids    TEXT NOT NULL,
    mode              TEXT NOT NULL,
    top_k             BIGINT NOT NULL,
    chunk_ids         TEXT NOT NULL,
    result_count      BIGINT NOT NULL,
    retrieval_time_us BIGINT NOT NULL,
    created_at        BIGINT NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX idx_rag_queries_tenant_created ON rag_queries (tenant_id, created_at);

SELECT agentic_fence('collections');
SELECT agentic_fence('documents');
SELECT agentic_fence('chunks');
SELECT agentic_fence('chunk_lexemes');
SELECT agentic_fence('chunk_embeddings');
SELECT agentic_fence('jobs');
SELECT agentic_fence('rag_queries');
