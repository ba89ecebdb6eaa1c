DROP TABLE rag_queries;
DROP TABLE jobs;
DROP TABLE chunk_embeddings;
DROP TABLE chunk_lexemes;
DROP TABLE chunks;
DROP TABLE documents;
DROP TABLE collections;
