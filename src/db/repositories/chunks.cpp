#include "db/repositories/chunks.hpp"

#include <bit>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "core/encoding.hpp"
#include "core/id_list.hpp"
#include "db/row_mapper.hpp"
#include "db/sql.hpp"

namespace agentic::db {
namespace {

static_assert(std::endian::native == std::endian::little, "vectors are stored as they lie in memory");

/// The collections as a query over the index's scope words: FTS5 `"a" OR "b"`, PostgreSQL `'scope:a' | 'scope:b'`.
std::vector<std::string> scope_terms(bool is_sqlite, const std::vector<Uuid>& collections) {
    std::vector<std::string> out;
    for (const auto& id : collections) {
        auto hex = id.to_string();
        std::erase(hex, '-');
        out.push_back(is_sqlite ? "\"" + hex + "\"" : "'scope:" + hex + "'");
    }
    return out;
}

std::string any_of(bool is_sqlite, const std::vector<std::string>& terms) {
    std::string out;
    for (const auto& term : terms) {
        if (!out.empty()) out += is_sqlite ? " OR " : " | ";
        out += term;
    }
    return out;
}

}  // namespace

Blob to_blob(std::span<const float> floats) { return {std::string(reinterpret_cast<const char*>(floats.data()), floats.size_bytes())}; }

std::vector<float> floats_of(const Blob& blob) {
    if (blob.bytes.size() % sizeof(float) != 0) throw std::logic_error("a stored vector is cut off");
    std::vector<float> floats(blob.bytes.size() / sizeof(float));
    std::memcpy(floats.data(), blob.bytes.data(), blob.bytes.size());
    return floats;
}

Task<std::vector<ChunkRow>> ChunkRepository::range(TenantScope scope, DocumentVersion version, std::int64_t from, std::int64_t limit) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::chunk_range, {scope.tenant_id(), version.document_id, from, limit, version.version}));
    co_return rows_to<ChunkRow>(rows);
}

Task<std::vector<ChunkHitRow>> ChunkRepository::hits(TenantScope scope, std::vector<Uuid> ids) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::chunk_hits, {scope.tenant_id(), ids_to_json(ids)}));
    co_return rows_to<ChunkHitRow>(rows);
}

Task<std::vector<WordHitRow>> ChunkRepository::search_words(TenantScope scope, std::vector<Uuid> collections, std::vector<std::string> terms, std::int64_t limit) {
    if (terms.empty() || collections.empty()) co_return std::vector<WordHitRow>();
    const bool is_sqlite = db_.engine() == Executor::Engine::sqlite;
    auto where = any_of(is_sqlite, scope_terms(is_sqlite, collections)), words = any_of(is_sqlite, terms);
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::chunk_search_words, {scope.tenant_id(), std::move(where), std::move(words), limit, strings_to_json(terms)}));
    co_return rows_to<WordHitRow>(rows);
}

Task<std::vector<ChunkVectorsRow>> ChunkRepository::vectors_after(TenantScope scope, Uuid collection_id, std::int64_t generation, Uuid after, std::int64_t limit) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::chunk_embeddings_after, {scope.tenant_id(), collection_id, generation, after, limit}));
    co_return rows_to<ChunkVectorsRow>(rows);
}

Task<std::vector<ChunkVectorsRow>> ChunkRepository::vectors_of(TenantScope scope, Uuid document_id, std::int64_t generation, std::int64_t from, std::int64_t limit) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::chunk_embeddings_of_document, {scope.tenant_id(), document_id, generation, from, limit}));
    co_return rows_to<ChunkVectorsRow>(rows);
}

Task<std::vector<ChunkTextRow>> ChunkRepository::without_vectors(TenantScope scope, Uuid collection_id, std::int64_t generation, Uuid after, std::int64_t limit) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::chunk_without_embedding, {scope.tenant_id(), collection_id, generation, after, limit}));
    co_return rows_to<ChunkTextRow>(rows);
}

Task<std::int64_t> ChunkRepository::count(TenantScope scope, Uuid collection_id) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::chunk_count, {scope.tenant_id(), collection_id}));
    co_return rows.integer(0, 0);
}

Task<std::int64_t> ChunkRepository::count_vectors(TenantScope scope, Uuid collection_id, std::int64_t generation) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::chunk_embedding_count, {scope.tenant_id(), collection_id, generation}));
    co_return rows.integer(0, 0);
}

Step ChunkRepository::delete_some_step(TenantScope scope, DocumentVersion version, std::int64_t limit) {
    return {sql::chunk_delete_some, {scope.tenant_id(), version.document_id, version.version, limit}};
}

Step ChunkRepository::delete_stale_step(TenantScope scope, DocumentVersion current, std::int64_t limit) {
    return {sql::chunk_delete_stale, {scope.tenant_id(), current.document_id, current.version, limit}};
}

Step ChunkRepository::delete_vectors_step(TenantScope scope, Uuid collection_id, std::int64_t from, std::int64_t before, std::int64_t limit) {
    return {sql::chunk_embedding_delete_some, {scope.tenant_id(), collection_id, from, before, limit}};
}

Step ChunkRepository::all_have_vectors_step(TenantScope scope, Uuid collection_id, std::int64_t generation) {
    return {sql::chunk_without_embedding,
            {scope.tenant_id(), collection_id, generation, Uuid(), 1},
            0,
            fail(ErrorCode::unavailable, "More chunks came while the collection was embedded").error()};
}

Step ChunkRepository::insert_step(TenantScope scope, std::int64_t document_version, ChunkRow row) {
    return {sql::chunk_insert,
            {scope.tenant_id(), row.id, row.collection_id, row.document_id, document_version, row.sequence_number, std::move(row.text), row.page_number, std::move(row.pages),
             row.section, row.byte_begin, row.byte_end, row.token_count}};
}

Step ChunkRepository::words_step(TenantScope scope, Uuid chunk_id, std::string words) {
    return {sql::chunk_words_insert, {scope.tenant_id(), chunk_id, std::move(words)}, 1, fail(ErrorCode::internal_error, "A chunk was not there to be indexed").error()};
}

Step ChunkRepository::vectors_step(TenantScope scope, Uuid collection_id, std::int64_t generation, Uuid chunk_id, Blob embedding) {
    return {sql::chunk_embedding_insert, {scope.tenant_id(), collection_id, generation, chunk_id, std::move(embedding)}};
}

Step ChunkRepository::add_vectors_step(TenantScope scope, std::int64_t generation, Uuid chunk_id, Blob embedding) {
    return {sql::chunk_embedding_add, {scope.tenant_id(), chunk_id, generation, std::move(embedding)}};
}

}  // namespace agentic::db
