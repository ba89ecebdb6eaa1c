DROP INDEX idx_runs_tenant_user;
DROP INDEX idx_documents_collection;
DROP INDEX idx_chunks_collection;
DROP INDEX idx_rag_queries_created;
