-- Housekeeping reads old queries of all tenants, and the work on a collection reads its chunks and documents in the order of their ids.
CREATE INDEX idx_rag_queries_created ON rag_queries (created_at);
CREATE INDEX idx_chunks_collection ON chunks (tenant_id, collection_id, id);
CREATE INDEX idx_documents_collection ON documents (tenant_id, collection_id, id);
-- The runs of one user: what everybody but an administrator sees.
CREATE INDEX idx_runs_tenant_user ON runs (tenant_id, user_id, id);
