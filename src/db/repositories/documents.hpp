#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/vocabulary.hpp"
#include "db/repositories/collections.hpp"

namespace agentic::db {

/// A document as it is stored.
struct DocumentRow {
    Uuid id;
    Uuid collection_id;
    std::string title;
    DocumentSource source = DocumentSource::upload;
    std::string source_key;                      // what makes a later upload the next version of this document: file name, title or URL
    std::optional<std::string> source_url;
    std::optional<std::string> file_name;        // as the client named it: for display only
    std::string media_type;                      // declared; from completion on, what the bytes are
    std::int64_t size_bytes = 0;
    std::optional<std::string> sha256;           // none: a URL that was not fetched yet
    std::optional<std::string> blob;             // name in the blob store
    DocumentStatus status = DocumentStatus::pending;
    std::int64_t progress = 0;                   // percent
    std::int64_t chunks_processed = 0;
    std::int64_t total_chunks = 0;
    std::optional<std::string> error_code;
    std::optional<std::string> error_message;
    std::int64_t page_count = 0;
    std::optional<std::string> language;
    std::optional<std::string> author;
    JsonText extra_metadata{"{}"};
    std::int64_t version = 1;                    // uploads so far
    std::int64_t indexed_version = 0;            // whose chunks can be found; 0: none
    std::int64_t indexed_chunks = 0;
    std::optional<Uuid> created_by;
    Timestamp created_at;
    Timestamp updated_at;
    std::optional<Timestamp> completed_at;

    bool operator==(const DocumentRow&) const = default;
};

struct DocumentListing {
    Uuid collection_id;
    std::optional<DocumentStatus> status;
    std::optional<std::string> search;           // in title and file name, without regard to case
    PageRequest page;
};

/// One upload of one document: what a job works on.
struct DocumentVersion {
    Uuid document_id;
    std::int64_t version = 1;
};

struct DocumentMetadataRow {
    Uuid id;
    JsonText extra_metadata;
};

struct DocumentRevisionRow {
    Uuid id;
    std::int64_t revision = 0;
};

/// What is left of a document, deleted or not.
struct DocumentRemainsRow {
    Uuid id;
    Uuid collection_id;
    std::optional<std::string> blob;
    std::int64_t version = 1;
    std::int64_t indexed_version = 0;
    std::optional<Timestamp> deleted_at;
};

/// The documents of a tenant. A document of a deleted collection, or of one the asker does not see, is missing.
/// Everything fails with the Executor's `unavailable` and `storage_full` too.
class DocumentRepository {
public:
    explicit DocumentRepository(Executor& db) : db_(db) {}

    /// Fails with `not_found`.
    Task<DocumentRow> find(TenantScope scope, CollectionAccess access, Uuid id);
    Task<std::optional<DocumentRow>> with_hash(TenantScope scope, Uuid collection_id, std::string sha256);
    Task<std::optional<DocumentRow>> with_key(TenantScope scope, Uuid collection_id, std::string source_key);
    /// Of a collection that the asker was found to see.
    Task<Page<DocumentRow>> list(TenantScope scope, DocumentListing listing);
    /// The metadata of a collection's indexed documents after id `after`, by id.
    Task<std::vector<DocumentMetadataRow>> metadata(TenantScope scope, Uuid collection_id, Uuid after, std::int64_t limit);
    /// The same of these documents, in any order; those that are gone are left out.
    Task<std::vector<DocumentMetadataRow>> metadata_of(TenantScope scope, std::vector<Uuid> ids);
    /// Documents that became findable after that revision of their collection, in that order.
    Task<std::vector<DocumentRevisionRow>> indexed_since(TenantScope scope, Uuid collection_id, std::int64_t revision, std::int64_t limit);
    Task<std::optional<DocumentRemainsRow>> remains(TenantScope scope, Uuid id);
    Task<std::vector<DocumentRemainsRow>> remains_of(TenantScope scope, Uuid collection_id, std::int64_t limit);
    Task<bool> knows_blob(SystemScope scope, std::string blob);

    // Steps of batches. Those on a version fail the batch with `precondition_failed` when it is no longer the document's, or its status does not allow it.

    /// A document with the same bytes or the same key fails the batch with `conflict`.
    static Step insert_step(TenantScope scope, DocumentRow row);
    /// `row` is the document as it shall be, with the version that is stored now.
    static Step next_version_step(TenantScope scope, DocumentRow row);
    static Step start_step(TenantScope scope, DocumentVersion document, std::int64_t progress, Timestamp now);
    static Step fetched_step(TenantScope scope, DocumentVersion document, DocumentRow row);
    static Step progress_step(TenantScope scope, DocumentVersion document, std::int64_t progress, std::int64_t processed, std::int64_t total, Timestamp now);
    static Step complete_step(TenantScope scope, DocumentVersion document, DocumentRow row);
    static Step fail_step(TenantScope scope, DocumentVersion document, std::string code, std::string message, Timestamp now);
    static Step cancel_step(TenantScope scope, DocumentVersion document, Timestamp now);
    static Step retry_step(TenantScope scope, DocumentVersion document, Timestamp now);
    /// Fails the batch with `not_found` when it is not there, or `precondition_failed` when its last change is not the expected one.
    static Step remove_step(TenantScope scope, Uuid id, std::optional<Timestamp> expected_change, Timestamp now);
    static Step remove_all_step(TenantScope scope, Uuid collection_id, Timestamp now);
    static Step erase_step(TenantScope scope, Uuid id);

    /// Whether a batch failed because the version it names is not the document's any more, or in another state.
    static bool is_superseded(const Error& error);

private:
    Executor& db_;
};

}  // namespace agentic::db
