-- Documents. $1 is always the tenant. A document of a deleted collection is as missing as a deleted one.

-- name: document_insert :exec
INSERT INTO documents (tenant_id, id, collection_id, title, source, source_key, source_url, file_name, media_type, size_bytes, sha256, blob, status, progress,
    chunks_processed, total_chunks, page_count, extra_metadata, version, indexed_version, indexed_chunks, created_by, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'pending', 0, 0, 0, 0, $13, 1, 0, 0, $14, $15, $15)

-- part: document_columns
d.id, d.collection_id, d.title, d.source, d.source_key, d.source_url, d.file_name, d.media_type, d.size_bytes, d.sha256, d.blob, d.status, d.progress,
    d.chunks_processed, d.total_chunks, d.error_code, d.error_message, d.page_count, d.language, d.author, d.extra_metadata, d.version, d.indexed_version,
    d.indexed_chunks, d.created_by, d.created_at, d.updated_at, d.completed_at

-- name: document_by_id :one @by_key
-- $3 the only user, or null.
SELECT ${document_columns}
FROM documents d
JOIN collections c ON c.tenant_id = d.tenant_id AND c.id = d.collection_id
WHERE d.tenant_id = $1 AND d.id = $2 AND d.deleted_at IS NULL AND c.tenant_id = $1 AND c.deleted_at IS NULL
    AND (CAST($3 AS UUID) IS NULL OR c.visibility = 'tenant' OR c.created_by = $3)

-- name: document_by_hash :one @by_key
SELECT ${document_columns}
FROM documents d
WHERE d.tenant_id = $1 AND d.collection_id = $2 AND d.sha256 = $3 AND d.deleted_at IS NULL

-- name: document_by_key :one @by_key
SELECT ${document_columns}
FROM documents d
WHERE d.tenant_id = $1 AND d.collection_id = $2 AND d.source_key = $3 AND d.deleted_at IS NULL

-- part: documents_listed
-- What a list shows and its count counts.
documents d
WHERE d.tenant_id = $1 AND d.collection_id = $2 AND d.deleted_at IS NULL
    AND (CAST($3 AS TEXT) IS NULL OR d.status = $3)
    AND (CAST($4 AS TEXT) IS NULL OR lower(d.title) LIKE lower($4) ESCAPE '\' OR lower(d.file_name) LIKE lower($4) ESCAPE '\')

-- name: document_list :many
-- Newest first. $3 status or null, $4 a LIKE pattern or null.
SELECT ${document_columns}
FROM ${documents_listed}
ORDER BY d.created_at DESC, d.id DESC
LIMIT $5 OFFSET $6

-- name: document_count :one
SELECT COUNT(*) AS total FROM ${documents_listed}

-- name: document_metadata :many
-- What a metadata filter looks at: the documents of a collection after id $3.
SELECT id, extra_metadata FROM documents
WHERE tenant_id = $1 AND collection_id = $2 AND id > $3 AND deleted_at IS NULL AND indexed_version > 0
ORDER BY id
LIMIT $4

-- name: document_metadata_of :many @sqlite
-- differs because of how a list of ids is unpacked. Of the documents $2 (a JSON array), those that have chunks that can be found.
SELECT id, extra_metadata FROM documents
WHERE tenant_id = $1 AND deleted_at IS NULL AND indexed_version > 0 AND id IN (SELECT value FROM json_each($2))

-- name: document_metadata_of :many @postgres
-- differs because of how a list of ids is unpacked.
SELECT id, extra_metadata FROM documents
WHERE tenant_id = $1 AND deleted_at IS NULL AND indexed_version > 0
    AND id IN (SELECT CAST(value AS UUID) FROM json_array_elements_text(CAST($2 AS JSON)) AS ids (value))

-- name: document_indexed_since :many
-- The documents of a collection that were indexed after revision $3, in that order.
SELECT id, revision FROM documents
WHERE tenant_id = $1 AND collection_id = $2 AND revision > $3 AND deleted_at IS NULL
ORDER BY revision
LIMIT $4

-- name: document_next_version :exec
-- $3 is the version that is there now. The chunks of the version before stay until the new ones are there.
UPDATE documents SET title = $4, source_url = $5, file_name = $6, media_type = $7, size_bytes = $8, sha256 = $9, blob = $10, extra_metadata = $11, status = 'pending',
    progress = 0, chunks_processed = 0, total_chunks = 0, error_code = NULL, error_message = NULL, version = version + 1, updated_at = $12
WHERE tenant_id = $1 AND id = $2 AND version = $3 AND deleted_at IS NULL

-- name: document_start :exec
UPDATE documents SET status = 'processing', progress = $4, chunks_processed = 0, total_chunks = 0, error_code = NULL, error_message = NULL, updated_at = $5
WHERE tenant_id = $1 AND id = $2 AND version = $3 AND status IN ('pending', 'processing') AND deleted_at IS NULL

-- name: document_fetched :exec
-- What a URL turned out to hold.
UPDATE documents SET media_type = $4, size_bytes = $5, sha256 = $6, blob = $7, updated_at = $8
WHERE tenant_id = $1 AND id = $2 AND version = $3 AND status = 'processing' AND deleted_at IS NULL

-- name: document_progress :exec
UPDATE documents SET progress = $4, chunks_processed = $5, total_chunks = $6, updated_at = $7
WHERE tenant_id = $1 AND id = $2 AND version = $3 AND status = 'processing' AND deleted_at IS NULL

-- name: document_complete :exec
-- From here on the chunks of this version can be found, and no others.
UPDATE documents SET status = 'completed', progress = 100, chunks_processed = $4, total_chunks = $4, indexed_version = $3, indexed_chunks = $4, title = $5, media_type = $6,
    page_count = $7, language = $8, author = $9, completed_at = $10, updated_at = $10, revision = (
        SELECT c.content_revision FROM collections c WHERE c.tenant_id = $1 AND c.id = documents.collection_id AND c.deleted_at IS NULL)
WHERE tenant_id = $1 AND id = $2 AND version = $3 AND status = 'processing' AND deleted_at IS NULL

-- name: document_fail :exec
UPDATE documents SET status = 'failed', error_code = $4, error_message = $5, updated_at = $6
WHERE tenant_id = $1 AND id = $2 AND version = $3 AND status IN ('pending', 'processing') AND deleted_at IS NULL

-- name: document_cancel :exec
UPDATE documents SET status = 'cancelled', updated_at = $4
WHERE tenant_id = $1 AND id = $2 AND version = $3 AND status IN ('pending', 'processing') AND deleted_at IS NULL

-- name: document_retry :exec
UPDATE documents SET status = 'pending', progress = 0, chunks_processed = 0, total_chunks = 0, error_code = NULL, error_message = NULL, updated_at = $4
WHERE tenant_id = $1 AND id = $2 AND version = $3 AND status IN ('failed', 'cancelled') AND deleted_at IS NULL

-- name: document_delete :exec
-- $3 is the last change that was seen, or null.
UPDATE documents SET deleted_at = $4, updated_at = $4
WHERE tenant_id = $1 AND id = $2 AND (CAST($3 AS BIGINT) IS NULL OR updated_at = $3) AND deleted_at IS NULL

-- name: document_delete_all :exec
-- Of a collection.
UPDATE documents SET deleted_at = $3, updated_at = $3 WHERE tenant_id = $1 AND collection_id = $2 AND deleted_at IS NULL

-- name: document_remains :one @with_deleted(purging looks at what is deleted)
SELECT id, collection_id, blob, version, indexed_version, deleted_at FROM documents WHERE tenant_id = $1 AND id = $2

-- name: document_remains_of_collection :many @with_deleted(purging looks at what is deleted)
SELECT id, collection_id, blob, version, indexed_version, deleted_at FROM documents WHERE tenant_id = $1 AND collection_id = $2 ORDER BY id LIMIT $3

-- name: document_erase :exec @with_deleted(the end of a deleted document)
DELETE FROM documents WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NOT NULL

-- name: document_blob_known :one @cross_tenant(the blob store is swept for all tenants at once) @with_deleted(their purging needs the blob too)
SELECT COUNT(*) AS total FROM documents WHERE blob = $1
