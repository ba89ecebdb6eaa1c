-- Chunks, their words and their vectors. $1 is always the tenant. A chunk can be found when its document is not deleted and its version is the indexed one.

-- name: chunk_insert :exec
INSERT INTO chunks (tenant_id, id, collection_id, document_id, document_version, sequence_number, text, page_number, pages, section, byte_begin, byte_end, token_count)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)

-- name: chunk_words_insert :exec @sqlite
-- differs because the index is a virtual table that knows a chunk by its row.
INSERT INTO chunk_words (rowid, scope, words)
SELECT c.row_id, replace(c.collection_id, '-', ''), $3 FROM chunks c WHERE c.tenant_id = $1 AND c.id = $2

-- name: chunk_words_insert :exec @postgres
-- differs because the index is a table with a GIN index.
INSERT INTO chunk_lexemes (tenant_id, chunk_id, words)
SELECT c.tenant_id, c.id, CAST('''scope:' || replace(CAST(c.collection_id AS TEXT), '-', '') || '''' AS TSVECTOR) || to_tsvector('simple', CAST($3 AS TEXT))
FROM chunks c WHERE c.tenant_id = $1 AND c.id = $2

-- name: chunk_embedding_insert :exec
INSERT INTO chunk_embeddings (tenant_id, collection_id, generation, chunk_id, embedding) VALUES ($1, $2, $3, $4, $5)

-- name: chunk_delete_some :exec
-- Of one version of a document, so many at a time that nobody waits long for the writer.
DELETE FROM chunks WHERE tenant_id = $1 AND id IN (
    SELECT c.id FROM chunks c WHERE c.tenant_id = $1 AND c.document_id = $2 AND c.document_version = $3 LIMIT $4)

-- name: chunk_delete_stale :exec
-- Of the versions of a document before one.
DELETE FROM chunks WHERE tenant_id = $1 AND id IN (
    SELECT c.id FROM chunks c WHERE c.tenant_id = $1 AND c.document_id = $2 AND c.document_version < $3 LIMIT $4)

-- name: chunk_range :many
-- The chunks of version $5 of a document, by number, from $3 on, while it is the one that can be found.
SELECT c.id, c.collection_id, c.document_id, c.sequence_number, c.text, c.page_number, c.pages, c.section, c.byte_begin, c.byte_end, c.token_count
FROM chunks c
JOIN documents d ON d.tenant_id = c.tenant_id AND d.id = c.document_id AND d.indexed_version = c.document_version
WHERE c.tenant_id = $1 AND c.document_id = $2 AND d.tenant_id = $1 AND d.deleted_at IS NULL AND c.sequence_number >= $3 AND c.document_version = $5
ORDER BY c.sequence_number
LIMIT $4

-- name: chunk_hits :many @sqlite
-- differs because of how a list of ids is unpacked. Those of the chunks $2 (a JSON array) that can be found, with their documents.
SELECT c.id, c.collection_id, c.document_id, c.sequence_number, c.text, c.page_number, c.pages, c.section, c.byte_begin, c.byte_end, c.token_count,
    d.title AS document_title
FROM chunks c
JOIN documents d ON d.tenant_id = c.tenant_id AND d.id = c.document_id AND d.indexed_version = c.document_version
JOIN collections k ON k.tenant_id = d.tenant_id AND k.id = d.collection_id
WHERE c.tenant_id = $1 AND d.tenant_id = $1 AND k.tenant_id = $1 AND d.deleted_at IS NULL AND k.deleted_at IS NULL
    AND c.id IN (SELECT value FROM json_each($2))

-- name: chunk_hits :many @postgres
-- differs because of how a list of ids is unpacked.
SELECT c.id, c.collection_id, c.document_id, c.sequence_number, c.text, c.page_number, c.pages, c.section, c.byte_begin, c.byte_end, c.token_count,
    d.title AS document_title
FROM chunks c
JOIN documents d ON d.tenant_id = c.tenant_id AND d.id = c.document_id AND d.indexed_version = c.document_version
JOIN collections k ON k.tenant_id = d.tenant_id AND k.id = d.collection_id
WHERE c.tenant_id = $1 AND d.tenant_id = $1 AND k.tenant_id = $1 AND d.deleted_at IS NULL AND k.deleted_at IS NULL
    AND c.id IN (SELECT CAST(value AS UUID) FROM json_array_elements_text(CAST($2 AS JSON)) AS ids (value))

-- name: chunk_search_words :many @sqlite
-- differs because of the engines' full text. $2 the collections and $3 the words, in the engine's own query language, and $5 the words one by one, as a JSON
-- array; best first. What the ranking needs to know, how many chunks there are, how long they are and how many of them have each word, is counted in these
-- collections alone; the length in 200 of them.
SELECT c.id, c.document_id, scoped_bm25(chunk_words,
    (SELECT COUNT(*) FROM chunk_words s WHERE s.chunk_words MATCH ('scope : (' || $2 || ')')),
    (SELECT AVG(n) FROM (SELECT word_count(chunk_words) AS n FROM chunk_words WHERE chunk_words MATCH ('scope : (' || $2 || ')') LIMIT 200)),
    (SELECT group_concat(n, ' ' ORDER BY at) FROM (
        SELECT t.key AS at, (SELECT COUNT(*) FROM chunk_words w WHERE w.chunk_words MATCH ('scope : (' || $2 || ') AND words : (' || t.value || ')')) AS n
        FROM json_each($5) t))) AS score
FROM chunk_words
JOIN chunks c ON c.row_id = chunk_words.rowid
JOIN documents d ON d.tenant_id = c.tenant_id AND d.id = c.document_id AND d.indexed_version = c.document_version
WHERE chunk_words MATCH ('scope : (' || $2 || ') AND words : (' || $3 || ')')
    AND c.tenant_id = $1 AND d.tenant_id = $1 AND d.deleted_at IS NULL
ORDER BY score DESC, c.id
LIMIT $4

-- name: chunk_search_words :many @postgres
-- differs because of the engines' full text. Counts stop at 20,000: a word that stands in so many chunks says little whatever their number is. ts_rank of one
-- word is the sum of 1/n^2 up to its frequency, divided by the limit of that sum, which is turned around to get the frequency; BM25 in Lucene's form (k1 1.2,
-- b 0.75), with the distinct words of a chunk for its length.
WITH scope AS MATERIALIZED (
    SELECT CAST($2 AS TSQUERY) AS query,
        (SELECT COUNT(*) FROM (SELECT 1 FROM chunk_lexemes s WHERE s.tenant_id = $1 AND s.words @@ CAST($2 AS TSQUERY) LIMIT 20000) AS counted_up) AS chunks,
        (SELECT AVG(length(words)) FROM (SELECT s.words FROM chunk_lexemes s WHERE s.tenant_id = $1 AND s.words @@ CAST($2 AS TSQUERY) LIMIT 200) AS sampled) AS mean_words
), terms AS MATERIALIZED (
    SELECT query, ln(1 + (chunks - least(n, chunks) + 0.5) / (n + 0.5)) AS idf
    FROM (SELECT q.query, scope.chunks, (SELECT COUNT(*) FROM (
            SELECT 1 FROM chunk_lexemes s WHERE s.tenant_id = $1 AND s.words @@ (scope.query && q.query) LIMIT 20000) AS counted_up) AS n
        FROM scope, (SELECT to_tsquery('simple', value) AS query FROM json_array_elements_text(CAST($5 AS JSON)) AS each (value)) AS q) AS counted
), found AS MATERIALIZED (
    SELECT c.id, c.document_id, w.words || CAST('' AS TSVECTOR) AS words, length(w.words) AS distinct_words
    FROM chunk_lexemes w
    JOIN chunks c ON c.tenant_id = w.tenant_id AND c.id = w.chunk_id
    JOIN documents d ON d.tenant_id = c.tenant_id AND d.id = c.document_id AND d.indexed_version = c.document_version
    WHERE w.words @@ (CAST($2 AS TSQUERY) && to_tsquery('simple', $3))
        AND w.tenant_id = $1 AND c.tenant_id = $1 AND d.tenant_id = $1 AND d.deleted_at IS NULL
)
SELECT f.id, f.document_id, (
    SELECT COALESCE(SUM(t.idf * frequency / (frequency + 1.2 * (0.25 + 0.75 * f.distinct_words / scope.mean_words))), 0)
    FROM scope, terms t
    CROSS JOIN LATERAL (SELECT 1 / (1.6449340668 * (1.001 - least(ts_rank('{1,1,1,1}', f.words, t.query), 1))) - 0.5 AS frequency) AS counted
    WHERE f.words @@ t.query) AS score
FROM found f
ORDER BY score DESC, f.id
LIMIT $4

-- name: chunk_embeddings_after :many
-- The vectors of a collection's chunks that can be found, by chunk, after id $4: what an index is loaded from.
SELECT e.chunk_id, c.document_id, e.embedding
FROM chunk_embeddings e
JOIN chunks c ON c.tenant_id = e.tenant_id AND c.id = e.chunk_id
JOIN documents d ON d.tenant_id = c.tenant_id AND d.id = c.document_id AND d.indexed_version = c.document_version
WHERE e.tenant_id = $1 AND e.collection_id = $2 AND e.generation = $3 AND e.chunk_id > $4 AND c.tenant_id = $1 AND d.tenant_id = $1 AND d.deleted_at IS NULL
ORDER BY e.chunk_id
LIMIT $5

-- name: chunk_embeddings_of_document :many
SELECT e.chunk_id, c.document_id, e.embedding
FROM chunk_embeddings e
JOIN chunks c ON c.tenant_id = e.tenant_id AND c.id = e.chunk_id
JOIN documents d ON d.tenant_id = c.tenant_id AND d.id = c.document_id AND d.indexed_version = c.document_version
WHERE e.tenant_id = $1 AND e.generation = $3 AND c.tenant_id = $1 AND c.document_id = $2 AND d.tenant_id = $1 AND d.deleted_at IS NULL AND c.sequence_number >= $4
ORDER BY c.sequence_number
LIMIT $5

-- name: chunk_without_embedding :many
-- Chunks of a collection after id $4, staged ones too, that generation $3 lacks.
SELECT c.id, c.text FROM chunks c
LEFT JOIN chunk_embeddings e ON e.tenant_id = $1 AND e.collection_id = c.collection_id AND e.generation = $3 AND e.chunk_id = c.id
WHERE c.tenant_id = $1 AND c.collection_id = $2 AND c.id > $4 AND e.chunk_id IS NULL
ORDER BY c.id
LIMIT $5

-- name: chunk_embedding_add :exec
-- Unless the chunk is gone, or has one already.
INSERT INTO chunk_embeddings (tenant_id, collection_id, generation, chunk_id, embedding)
SELECT c.tenant_id, c.collection_id, $3, c.id, $4 FROM chunks c WHERE c.tenant_id = $1 AND c.id = $2
ON CONFLICT (tenant_id, collection_id, generation, chunk_id) DO NOTHING

-- name: chunk_embedding_count :one
SELECT COUNT(*) AS total FROM chunk_embeddings WHERE tenant_id = $1 AND collection_id = $2 AND generation = $3

-- name: chunk_embedding_delete_some :exec
-- Of the generations from $3 up to, and not with, $4.
DELETE FROM chunk_embeddings WHERE tenant_id = $1 AND collection_id = $2 AND generation >= $3 AND generation < $4 AND chunk_id IN (
    SELECT e.chunk_id FROM chunk_embeddings e WHERE e.tenant_id = $1 AND e.collection_id = $2 AND e.generation >= $3 AND e.generation < $4 LIMIT $5)

-- name: chunk_count :one
SELECT COUNT(*) AS total FROM chunks WHERE tenant_id = $1 AND collection_id = $2
