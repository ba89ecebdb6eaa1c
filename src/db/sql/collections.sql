-- Collections. $1 is always the tenant; "the only user" is null for those who see every collection of the tenant.

-- name: collection_insert :exec
INSERT INTO collections (tenant_id, id, name, description, embedding_model, embedding_dimensions, generation, chunk_size, chunk_overlap, chunking, visibility,
    config, extra_metadata, version, created_by, created_at, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, $9, $10, $11, $12, 1, $13, $14, $14)

-- part: collection_columns
c.id, c.name, c.description, c.embedding_model, c.embedding_dimensions, c.generation, c.next_model, c.next_dimensions, c.reembed_progress, c.reembed_error,
    c.chunk_size, c.chunk_overlap, c.chunking, c.visibility, c.config, c.extra_metadata, c.version, c.created_by, c.created_at, c.updated_at,
    (SELECT COUNT(*) FROM documents d WHERE d.tenant_id = $1 AND d.collection_id = c.id AND d.deleted_at IS NULL) AS document_count,
    (SELECT COALESCE(SUM(d.indexed_chunks), 0) FROM documents d WHERE d.tenant_id = $1 AND d.collection_id = c.id AND d.deleted_at IS NULL) AS chunk_count,
    (SELECT COALESCE(SUM(d.size_bytes), 0) FROM documents d WHERE d.tenant_id = $1 AND d.collection_id = c.id AND d.deleted_at IS NULL) AS size_bytes

-- name: collection_by_id :one
-- $3 the only user.
SELECT ${collection_columns}
FROM collections c
WHERE c.tenant_id = $1 AND c.id = $2 AND c.deleted_at IS NULL
    AND (CAST($3 AS UUID) IS NULL OR c.visibility = 'tenant' OR c.created_by = $3)

-- part: collections_listed
-- What a list shows and its count counts.
collections c
WHERE c.tenant_id = $1 AND c.deleted_at IS NULL
    AND (CAST($2 AS UUID) IS NULL OR c.visibility = 'tenant' OR c.created_by = $2)
    AND (CAST($3 AS TEXT) IS NULL OR lower(c.name) LIKE lower($3) ESCAPE '\' OR lower(c.description) LIKE lower($3) ESCAPE '\')

-- name: collection_list :many
-- $2 the only user, $3 a LIKE pattern or null.
SELECT ${collection_columns}
FROM ${collections_listed}
ORDER BY c.created_at DESC, c.id DESC
LIMIT $4 OFFSET $5

-- name: collection_count :one
SELECT COUNT(*) AS total FROM ${collections_listed}

-- name: collection_scopes :many
-- What a search needs to know of every collection the user may search.
SELECT id, name, embedding_model, embedding_dimensions, generation, content_revision FROM collections
WHERE tenant_id = $1 AND deleted_at IS NULL AND (CAST($2 AS UUID) IS NULL OR visibility = 'tenant' OR created_by = $2)
ORDER BY id
LIMIT $3

-- name: collection_exists :one @by_key
SELECT id FROM collections WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL

-- name: collection_update :exec
-- $3 is the version the change was made from.
UPDATE collections SET name = $4, description = $5, chunk_size = $6, chunk_overlap = $7, chunking = $8, visibility = $9, config = $10, extra_metadata = $11,
    updated_at = $12, version = version + 1
WHERE tenant_id = $1 AND id = $2 AND version = $3 AND deleted_at IS NULL

-- name: collection_delete :exec
UPDATE collections SET deleted_at = $4, updated_at = $4, version = version + 1
WHERE tenant_id = $1 AND id = $2 AND (CAST($3 AS BIGINT) IS NULL OR version = $3) AND deleted_at IS NULL

-- name: collection_reembed_begin :exec
UPDATE collections SET next_model = $3, next_dimensions = $4, reembed_progress = 0, reembed_error = NULL, updated_at = $5, version = version + 1
WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL

-- name: collection_reembed_progress :exec
UPDATE collections SET reembed_progress = $3 WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL

-- name: collection_reembed_end :exec
-- The switch: $3 is the generation that was in use until now.
UPDATE collections SET embedding_model = next_model, embedding_dimensions = next_dimensions, generation = generation + 1, next_model = NULL, next_dimensions = NULL,
    reembed_progress = 100, updated_at = $4, version = version + 1
WHERE tenant_id = $1 AND id = $2 AND generation = $3 AND next_model IS NOT NULL AND deleted_at IS NULL

-- name: collection_reembed_failed :exec
UPDATE collections SET next_model = NULL, next_dimensions = NULL, reembed_error = $3, updated_at = $4, version = version + 1
WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL

-- name: collection_advance :exec
-- Its documents change, with vectors of generation $3.
UPDATE collections SET content_revision = content_revision + 1 WHERE tenant_id = $1 AND id = $2 AND generation = $3 AND deleted_at IS NULL

-- name: collection_erase :exec @with_deleted(the end of a deleted collection)
DELETE FROM collections WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NOT NULL
