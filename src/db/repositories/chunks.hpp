#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "db/executor.hpp"
#include "db/repositories/documents.hpp"

namespace agentic::db {

/// A piece of a document: bytes [byte_begin, byte_end) of its text.
struct ChunkRow {
    Uuid id;
    Uuid collection_id;
    Uuid document_id;
    std::int64_t sequence_number = 0;
    std::string text;
    std::optional<std::int64_t> page_number;     // of its first byte; none where the format has no pages
    JsonText pages{"[]"};                        // [[byte, page], ...]: from that byte of the document's text on
    std::optional<std::string> section;          // "Guide > Install"
    std::int64_t byte_begin = 0;
    std::int64_t byte_end = 0;
    std::int64_t token_count = 0;
};

/// A chunk that was found, with what is told of its document.
struct ChunkHitRow {
    Uuid id;
    Uuid collection_id;
    Uuid document_id;
    std::int64_t sequence_number = 0;
    std::string text;
    std::optional<std::int64_t> page_number;
    JsonText pages;
    std::optional<std::string> section;
    std::int64_t byte_begin = 0;
    std::int64_t byte_end = 0;
    std::int64_t token_count = 0;
    std::string document_title;
};

struct WordHitRow {
    Uuid id;
    Uuid document_id;
    double score = 0;
};

/// The vectors of a chunk, one window behind the other.
struct ChunkVectorsRow {
    Uuid chunk_id;
    Uuid document_id;
    Blob embedding;
};

struct ChunkTextRow {
    Uuid id;
    std::string text;
};

/// Floats as they are stored: little-endian, one behind the other. Reading fails a size that is not a whole number of floats with std::logic_error.
Blob to_blob(std::span<const float> floats);
std::vector<float> floats_of(const Blob& blob);

/// Chunks, their words and vectors. What can be found is decided by the document's row: chunks of a version that is not the indexed one are staged or stale.
/// Everything fails with the Executor's `unavailable` and `storage_full` too.
class ChunkRepository {
public:
    explicit ChunkRepository(Executor& db) : db_(db) {}

    /// The chunks of a document's version from number `from` on, at most `limit`; none when it is not the one that can be found.
    Task<std::vector<ChunkRow>> range(TenantScope scope, DocumentVersion version, std::int64_t from, std::int64_t limit);
    /// Those of the chunks that can be found, in any order.
    Task<std::vector<ChunkHitRow>> hits(TenantScope scope, std::vector<Uuid> ids);
    /// The best by words, best first, by BM25 over these collections alone: how rare a word is elsewhere has no part in it. `terms` are in the engine's own
    /// query language, any of which may match; none find nothing.
    Task<std::vector<WordHitRow>> search_words(TenantScope scope, std::vector<Uuid> collections, std::vector<std::string> terms, std::int64_t limit);

    /// The vectors of a collection's chunks after `after`, by chunk.
    Task<std::vector<ChunkVectorsRow>> vectors_after(TenantScope scope, Uuid collection_id, std::int64_t generation, Uuid after, std::int64_t limit);
    Task<std::vector<ChunkVectorsRow>> vectors_of(TenantScope scope, Uuid document_id, std::int64_t generation, std::int64_t from, std::int64_t limit);
    /// Chunks after id `after`, staged ones too, that lack vectors of a generation, by id.
    Task<std::vector<ChunkTextRow>> without_vectors(TenantScope scope, Uuid collection_id, std::int64_t generation, Uuid after, std::int64_t limit);
    Task<std::int64_t> count(TenantScope scope, Uuid collection_id);
    Task<std::int64_t> count_vectors(TenantScope scope, Uuid collection_id, std::int64_t generation);

    // Steps of batches.

    /// Deletes at most `limit` chunks with all that hangs on them. Stale are those of versions before that one.
    static Step delete_some_step(TenantScope scope, DocumentVersion version, std::int64_t limit);
    static Step delete_stale_step(TenantScope scope, DocumentVersion current, std::int64_t limit);
    /// The vectors of at most `limit` chunks, of the generations `from` up to, and not with, `before`.
    static Step delete_vectors_step(TenantScope scope, Uuid collection_id, std::int64_t from, std::int64_t before, std::int64_t limit);
    /// Fails the batch with `unavailable` while a chunk of the collection lacks vectors of a generation.
    static Step all_have_vectors_step(TenantScope scope, Uuid collection_id, std::int64_t generation);
    static Step insert_step(TenantScope scope, std::int64_t document_version, ChunkRow row);
    /// `words` as knowledge::lexical_text makes them.
    static Step words_step(TenantScope scope, Uuid chunk_id, std::string words);
    static Step vectors_step(TenantScope scope, Uuid collection_id, std::int64_t generation, Uuid chunk_id, Blob embedding);
    /// The same for a chunk that may be gone by now, or have them already.
    static Step add_vectors_step(TenantScope scope, std::int64_t generation, Uuid chunk_id, Blob embedding);

private:
    Executor& db_;
};

}  // namespace agentic::db
