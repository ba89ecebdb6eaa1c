#include "db/repositories/documents.hpp"

#include <utility>

#include "core/id_list.hpp"
#include "db/row_mapper.hpp"
#include "db/sql.hpp"

namespace agentic::db {
namespace {

constexpr const char* kSuperseded = "document version superseded";

Error superseded() {
    return Error{.code = ErrorCode::precondition_failed, .public_message = "The document has changed meanwhile", .internal_context = kSuperseded};
}

std::optional<std::string_view> word(const std::optional<DocumentStatus>& status) { return status ? std::optional(to_string(*status)) : std::nullopt; }

std::optional<DocumentRow> maybe(const Rows& rows) {
    auto found = rows_to<DocumentRow>(rows);
    if (found.empty()) return std::nullopt;
    return std::move(found.front());
}

}  // namespace

Task<DocumentRow> DocumentRepository::find(TenantScope scope, CollectionAccess access, Uuid id) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::document_by_id, {scope.tenant_id(), id, access.only_user()}));
    co_return first_row<DocumentRow>(rows, "Document");
}

Task<std::optional<DocumentRow>> DocumentRepository::with_hash(TenantScope scope, Uuid collection_id, std::string sha256) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::document_by_hash, {scope.tenant_id(), collection_id, std::move(sha256)}));
    co_return maybe(rows);
}

Task<std::optional<DocumentRow>> DocumentRepository::with_key(TenantScope scope, Uuid collection_id, std::string source_key) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::document_by_key, {scope.tenant_id(), collection_id, std::move(source_key)}));
    co_return maybe(rows);
}

Task<Page<DocumentRow>> DocumentRepository::list(TenantScope scope, DocumentListing listing) {
    const auto pattern = listing.search.transform(like_pattern);
    Batch reads;
    reads.push_back({sql::document_count, {scope.tenant_id(), listing.collection_id, word(listing.status), pattern}});
    reads.push_back({sql::document_list, {scope.tenant_id(), listing.collection_id, word(listing.status), pattern, listing.page.size, listing.page.offset()}});
    AGENTIC_CO_TRY(const auto results, co_await db_.read(scope, std::move(reads)));
    co_return Page<DocumentRow>{rows_to<DocumentRow>(results[1]), results[0].integer(0, 0)};
}

Task<std::vector<DocumentMetadataRow>> DocumentRepository::metadata(TenantScope scope, Uuid collection_id, Uuid after, std::int64_t limit) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::document_metadata, {scope.tenant_id(), collection_id, after, limit}));
    co_return rows_to<DocumentMetadataRow>(rows);
}

Task<std::vector<DocumentMetadataRow>> DocumentRepository::metadata_of(TenantScope scope, std::vector<Uuid> ids) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::document_metadata_of, {scope.tenant_id(), ids_to_json(ids)}));
    co_return rows_to<DocumentMetadataRow>(rows);
}

Task<std::vector<DocumentRevisionRow>> DocumentRepository::indexed_since(TenantScope scope, Uuid collection_id, std::int64_t revision, std::int64_t limit) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::document_indexed_since, {scope.tenant_id(), collection_id, revision, limit}));
    co_return rows_to<DocumentRevisionRow>(rows);
}

Task<std::optional<DocumentRemainsRow>> DocumentRepository::remains(TenantScope scope, Uuid id) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::document_remains, {scope.tenant_id(), id}));
    auto found = rows_to<DocumentRemainsRow>(rows);
    co_return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

Task<std::vector<DocumentRemainsRow>> DocumentRepository::remains_of(TenantScope scope, Uuid collection_id, std::int64_t limit) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::document_remains_of_collection, {scope.tenant_id(), collection_id, limit}));
    co_return rows_to<DocumentRemainsRow>(rows);
}

Task<bool> DocumentRepository::knows_blob(SystemScope scope, std::string blob) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::document_blob_known, {std::move(blob)}));
    co_return rows.integer(0, 0) > 0;
}

Step DocumentRepository::insert_step(TenantScope scope, DocumentRow row) {
    return {sql::document_insert,
            {scope.tenant_id(), row.id, row.collection_id, std::move(row.title), to_string(row.source), std::move(row.source_key), row.source_url, row.file_name,
             std::move(row.media_type), row.size_bytes, row.sha256, row.blob, std::move(row.extra_metadata), row.created_by, row.created_at}};
}

Step DocumentRepository::next_version_step(TenantScope scope, DocumentRow row) {
    return {sql::document_next_version,
            {scope.tenant_id(), row.id, row.version, std::move(row.title), row.source_url, row.file_name, std::move(row.media_type), row.size_bytes, row.sha256, row.blob,
             std::move(row.extra_metadata), row.updated_at},
            1,
            superseded()};
}

Step DocumentRepository::start_step(TenantScope scope, DocumentVersion document, std::int64_t progress, Timestamp now) {
    return {sql::document_start, {scope.tenant_id(), document.document_id, document.version, progress, now}, 1, superseded()};
}

Step DocumentRepository::fetched_step(TenantScope scope, DocumentVersion document, DocumentRow row) {
    return {sql::document_fetched,
            {scope.tenant_id(), document.document_id, document.version, std::move(row.media_type), row.size_bytes, row.sha256, row.blob, row.updated_at},
            1,
            superseded()};
}

Step DocumentRepository::progress_step(TenantScope scope, DocumentVersion document, std::int64_t progress, std::int64_t processed, std::int64_t total, Timestamp now) {
    return {sql::document_progress, {scope.tenant_id(), document.document_id, document.version, progress, processed, total, now}, 1, superseded()};
}

Step DocumentRepository::complete_step(TenantScope scope, DocumentVersion document, DocumentRow row) {
    return {sql::document_complete,
            {scope.tenant_id(), document.document_id, document.version, row.total_chunks, std::move(row.title), std::move(row.media_type), row.page_count, row.language,
             row.author, row.updated_at},
            1,
            superseded()};
}

Step DocumentRepository::fail_step(TenantScope scope, DocumentVersion document, std::string code, std::string message, Timestamp now) {
    return {sql::document_fail, {scope.tenant_id(), document.document_id, document.version, std::move(code), std::move(message), now}};
}

Step DocumentRepository::cancel_step(TenantScope scope, DocumentVersion document, Timestamp now) {
    return {sql::document_cancel, {scope.tenant_id(), document.document_id, document.version, now}, 1, superseded()};
}

Step DocumentRepository::retry_step(TenantScope scope, DocumentVersion document, Timestamp now) {
    return {sql::document_retry, {scope.tenant_id(), document.document_id, document.version, now}, 1, superseded()};
}

Step DocumentRepository::remove_step(TenantScope scope, Uuid id, std::optional<Timestamp> expected_change, Timestamp now) {
    auto missing = expected_change ? fail(ErrorCode::precondition_failed, "The document has changed since it was read") : fail_not_found("Document");
    return {sql::document_delete, {scope.tenant_id(), id, expected_change, now}, 1, std::move(missing).error()};
}

Step DocumentRepository::remove_all_step(TenantScope scope, Uuid collection_id, Timestamp now) {
    return {sql::document_delete_all, {scope.tenant_id(), collection_id, now}};
}

Step DocumentRepository::erase_step(TenantScope scope, Uuid id) { return {sql::document_erase, {scope.tenant_id(), id}}; }

bool DocumentRepository::is_superseded(const Error& error) { return error.code == ErrorCode::precondition_failed && error.internal_context == kSuperseded; }

}  // namespace agentic::db
