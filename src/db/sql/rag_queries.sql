-- The log of queries.

-- name: rag_query_insert :exec
INSERT INTO rag_queries (tenant_id, id, user_id, run_id, query, collection_ids, mode, top_k, chunk_ids, result_count, retrieval_time_us, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)

-- name: rag_query_forget :exec @cross_tenant(old queries of all tenants)
DELETE FROM rag_queries WHERE (tenant_id, id) IN (SELECT tenant_id, id FROM rag_queries WHERE created_at < $1 ORDER BY created_at LIMIT $2)

-- name: rag_query_list :many
-- Newest first.
SELECT id, user_id, run_id, query, collection_ids, mode, top_k, chunk_ids, result_count, retrieval_time_us, created_at FROM rag_queries
WHERE tenant_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2
