-- Knowledge: collections of documents, their chunks in words and vectors, the queries asked of them, and the jobs that make them.

CREATE TABLE collections (
    tenant_id            TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id                   TEXT NOT NULL,
    name                 TEXT NOT NULL,
    description          TEXT,
    embedding_model      TEXT NOT NULL,
    embedding_dimensions INTEGER NOT NULL CHECK (embedding_dimensions > 0),
    generation           INTEGER NOT NULL,
    content_revision     INTEGER NOT NULL DEFAULT 0,
    next_model           TEXT,
    next_dimensions      INTEGER,
    reembed_progress     INTEGER NOT NULL DEFAULT 0 CHECK (reembed_progress BETWEEN 0 AND 100),
    reembed_error        TEXT,
    chunk_size           INTEGER NOT NULL CHECK (chunk_size > 0),
    chunk_overlap        INTEGER NOT NULL CHECK (chunk_overlap >= 0 AND chunk_overlap < chunk_size),
    chunking             TEXT NOT NULL CHECK (chunking IN ('fixed', 'semantic', 'sentence')),
    visibility           TEXT NOT NULL CHECK (visibility IN ('tenant', 'private')),
    config               TEXT NOT NULL,
    extra_metadata       TEXT NOT NULL,
    version              INTEGER NOT NULL,
    created_by           TEXT,
    created_at           INTEGER NOT NULL,
    updated_at           INTEGER NOT NULL,
    deleted_at           INTEGER,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, created_by) REFERENCES users (tenant_id, id)
) STRICT;

-- A name is free again once its collection is deleted.
CREATE UNIQUE INDEX idx_collections_tenant_name ON collections (tenant_id, name) WHERE deleted_at IS NULL;
-- The default order of the list.
CREATE INDEX idx_collections_tenant_created ON collections (tenant_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;

-- `version` counts uploads of the document; `indexed_version` is the one whose chunks can be found, 0 for none. They differ while a change is being
-- worked on, and the step from one to the other is one UPDATE of this row: searches see the old chunks or the new ones, never both.
CREATE TABLE documents (
    tenant_id        TEXT NOT NULL,
    id               TEXT NOT NULL,
    collection_id    TEXT NOT NULL,
    title            TEXT NOT NULL,
    source           TEXT NOT NULL CHECK (source IN ('upload', 'text', 'url')),
    source_key       TEXT NOT NULL,
    source_url       TEXT,
    file_name        TEXT,
    media_type       TEXT NOT NULL,
    size_bytes       INTEGER NOT NULL,
    sha256           TEXT,
    blob             TEXT,
    status           TEXT NOT NULL CHECK (status IN ('pending', 'processing', 'completed', 'failed', 'cancelled')),
    progress         INTEGER NOT NULL CHECK (progress BETWEEN 0 AND 100),
    chunks_processed INTEGER NOT NULL,
    total_chunks     INTEGER NOT NULL,
    error_code       TEXT,
    error_message    TEXT,
    page_count       INTEGER NOT NULL,
    language         TEXT,
    author           TEXT,
    extra_metadata   TEXT NOT NULL,
    version          INTEGER NOT NULL,
    indexed_version  INTEGER NOT NULL,
    indexed_chunks   INTEGER NOT NULL,
    revision         INTEGER NOT NULL DEFAULT 0,
    created_by       TEXT,
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    completed_at     INTEGER,
    deleted_at       INTEGER,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, collection_id) REFERENCES collections (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, created_by) REFERENCES users (tenant_id, id)
) STRICT;

-- One document for the same bytes, and one for the same name: what comes again under that name is its next version.
CREATE UNIQUE INDEX idx_documents_collection_hash ON documents (tenant_id, collection_id, sha256) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX idx_documents_collection_key ON documents (tenant_id, collection_id, source_key) WHERE deleted_at IS NULL;
CREATE INDEX idx_documents_collection_created ON documents (tenant_id, collection_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;
-- The statistics of a collection, without touching the table.
CREATE INDEX idx_documents_collection_sums ON documents (tenant_id, collection_id, deleted_at, indexed_chunks, size_bytes);
-- What was indexed since somebody last looked: `revision` is the collection's content_revision of that moment.
CREATE INDEX idx_documents_collection_revision ON documents (tenant_id, collection_id, revision);
CREATE INDEX idx_documents_blob ON documents (blob) WHERE blob IS NOT NULL;

-- A chunk can be found when its document is not deleted and its version is the indexed one. `row_id` is what the lexical index knows it by.
CREATE TABLE chunks (
    row_id           INTEGER PRIMARY KEY,
    tenant_id        TEXT NOT NULL,
    id               TEXT NOT NULL,
    collection_id    TEXT NOT NULL,
    document_id      TEXT NOT NULL,
    document_version INTEGER NOT NULL,
    sequence_number  INTEGER NOT NULL,
    text             TEXT NOT NULL,
    page_number      INTEGER,
    pages            TEXT NOT NULL,
    section          TEXT,
    byte_begin       INTEGER NOT NULL,
    byte_end         INTEGER NOT NULL,
    token_count      INTEGER NOT NULL,
    UNIQUE (tenant_id, id),
    UNIQUE (tenant_id, document_id, document_version, sequence_number),
    FOREIGN KEY (tenant_id, document_id) REFERENCES documents (tenant_id, id) ON DELETE CASCADE
) STRICT;

-- The words of each chunk, as knowledge/lexical_query.hpp prepares them. The collection stands among them as a word of its own, so that a search reads
-- one collection's entries and not everybody's. The index keeps no text: chunks do.
CREATE VIRTUAL TABLE chunk_words USING fts5 (scope, words, content = '', contentless_delete = 1, tokenize = 'unicode61');
CREATE TRIGGER chunks_words_delete AFTER DELETE ON chunks BEGIN
    DELETE FROM chunk_words WHERE rowid = OLD.row_id;
END;
CREATE TRIGGER chunks_are_immutable BEFORE UPDATE ON chunks
BEGIN SELECT RAISE(ABORT, 'a chunk cannot be changed'); END;

-- The vectors of a chunk in one generation of its collection: rows of little-endian floats, one for each window of the model that the chunk fills.
CREATE TABLE chunk_embeddings (
    tenant_id     TEXT NOT NULL,
    collection_id TEXT NOT NULL,
    generation    INTEGER NOT NULL,
    chunk_id      TEXT NOT NULL,
    embedding     BLOB NOT NULL,
    PRIMARY KEY (tenant_id, collection_id, generation, chunk_id),
    FOREIGN KEY (tenant_id, chunk_id) REFERENCES chunks (tenant_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX idx_chunk_embeddings_chunk ON chunk_embeddings (tenant_id, chunk_id);

-- Work that survives the process. A running job belongs to `lease_owner` (a row of run_workers) for as long as that one's heartbeat goes on.
CREATE TABLE jobs (
    tenant_id    TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id           TEXT NOT NULL,
    kind         TEXT NOT NULL,
    subject_id   TEXT NOT NULL,
    payload      TEXT NOT NULL,
    state        TEXT NOT NULL CHECK (state IN ('queued', 'running', 'completed', 'failed', 'cancelled')),
    priority     INTEGER NOT NULL,
    attempts     INTEGER NOT NULL,
    max_attempts INTEGER NOT NULL,
    run_at       INTEGER NOT NULL,
    lease_owner  TEXT,
    error        TEXT,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    finished_at  INTEGER,
    PRIMARY KEY (tenant_id, id)
) STRICT;
CREATE INDEX idx_jobs_queued ON jobs (tenant_id, priority DESC, run_at, id) WHERE state = 'queued';
CREATE INDEX idx_jobs_lease ON jobs (lease_owner) WHERE state = 'running';
CREATE UNIQUE INDEX idx_jobs_subject ON jobs (tenant_id, subject_id, kind) WHERE state IN ('queued', 'running');
CREATE INDEX idx_jobs_finished ON jobs (finished_at) WHERE finished_at IS NOT NULL;

-- Every query asked of the knowledge: what was looked for, where and how, and which chunks were found. Never their text.
CREATE TABLE rag_queries (
    tenant_id         TEXT NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    id                TEXT NOT NULL,
    user_id           TEXT NOT NULL,
    run_id            TEXT,
    query             TEXT NOT NULL,
    collection_ids    TEXT NOT NULL,
    mode              TEXT NOT NULL,
    top_k             INTEGER NOT NULL,
    chunk_ids         TEXT NOT NULL,
    result_count      INTEGER NOT NULL,
    retrieval_time_us INTEGER NOT NULL,
    created_at        INTEGER NOT NULL,
    PRIMARY KEY (tenant_id, id)
) STRICT;
CREATE INDEX idx_rag_queries_tenant_created ON rag_queries (tenant_id, created_at);
