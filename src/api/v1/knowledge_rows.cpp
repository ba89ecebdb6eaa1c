#include "api/v1/knowledge_rows.hpp"

#include <utility>

namespace agentic::api::v1 {
namespace {

template <class T>
void replace(T& field, std::optional<T> change) {
    if (change) field = *std::move(change);
}

std::optional<schemas::Reembedding> reembedding_of(const db::CollectionRow& row) {
    if (!row.next_model && !row.reembed_error) return std::nullopt;
    return schemas::Reembedding{row.next_model, row.reembed_progress, row.reembed_error};
}

}  // namespace

db::CollectionRow new_collection_row(schemas::CollectionCreate in) {
    return {.name = std::move(in.name),
            .description = std::move(in.description),
            .embedding_model = std::move(in.embedding_model),
            .chunk_size = in.chunk_size,
            .chunk_overlap = in.chunk_overlap,
            .chunking = in.chunking,
            .visibility = in.visibility,
            .config = std::move(in.config),
            .extra_metadata = std::move(in.extra_metadata)};
}

Result<void> apply(schemas::CollectionPatch change, db::CollectionRow& row) {
    replace(row.name, std::move(change.name));
    replace(row.description, std::move(change.description));
    replace(row.chunk_size, change.chunk_size);
    replace(row.chunk_overlap, change.chunk_overlap);
    replace(row.chunking, change.chunking);
    replace(row.visibility, change.visibility);
    replace(row.config, std::move(change.config));
    replace(row.extra_metadata, std::move(change.extra_metadata));
    Violations violations;
    schemas::check_chunk_overlap(row.chunk_size, row.chunk_overlap, violations);
    if (!violations.empty()) return fail_validation(std::move(violations));
    return {};
}

schemas::Collection to_response(const TenantScope& tenant, db::CollectionRow row) {
    auto reembedding = reembedding_of(row);
    return {.id = row.id,
            .tenant_id = tenant.tenant_id(),
            .name = std::move(row.name),
            .description = std::move(row.description),
            .embedding_model = std::move(row.embedding_model),
            .embedding_dimensions = row.embedding_dimensions,
            .chunk_size = row.chunk_size,
            .chunk_overlap = row.chunk_overlap,
            .chunking = row.chunking,
            .visibility = row.visibility,
            .config = std::move(row.config),
            .extra_metadata = std::move(row.extra_metadata),
            .status = row.next_model ? schemas::CollectionStatus::reembedding : schemas::CollectionStatus::active,
            .reembedding = std::move(reembedding),
            .document_count = row.document_count,
            .chunk_count = row.chunk_count,
            .size_bytes = row.size_bytes,
            .version = row.version,
            .created_by = row.created_by,
            .created_at = row.created_at,
            .updated_at = row.updated_at};
}

schemas::Document to_response(db::DocumentRow row) {
    return {.id = row.id,
            .document_id = row.id,
            .collection_id = row.collection_id,
            .title = std::move(row.title),
            .source = row.source,
            .source_url = std::move(row.source_url),
            .file_name = std::move(row.file_name),
            .content_type = std::move(row.media_type),
            .size_bytes = row.size_bytes,
            .sha256 = std::move(row.sha256),
            .status = row.status,
            .progress = row.progress,
            .chunks_processed = row.chunks_processed,
            .total_chunks = row.total_chunks,
            .error_code = std::move(row.error_code),
            .error_message = std::move(row.error_message),
            .page_count = row.page_count,
            .language = std::move(row.language),
            .author = std::move(row.author),
            .extra_metadata = std::move(row.extra_metadata),
            .version = row.version,
            .indexed_version = row.indexed_version,
            .chunk_count = row.indexed_chunks,
            .created_by = row.created_by,
            .created_at = row.created_at,
            .updated_at = row.updated_at,
            .completed_at = row.completed_at};
}

schemas::DocumentProgress progress_of(const db::DocumentRow& row) {
    return {.document_id = row.id,
            .status = row.status,
            .progress = row.progress,
            .chunks_processed = row.chunks_processed,
            .total_chunks = row.total_chunks,
            .error_code = row.error_code,
            .error_message = row.error_message,
            .updated_at = row.updated_at};
}

schemas::Chunk to_response(db::ChunkRow row) {
    return {.id = row.id,
            .document_id = row.document_id,
            .sequence_number = row.sequence_number,
            .content = std::move(row.text),
            .page_number = row.page_number,
            .section = std::move(row.section),
            .byte_begin = row.byte_begin,
            .byte_end = row.byte_end,
            .token_count = row.token_count};
}

}  // namespace agentic::api::v1
