#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "core/context.hpp"
#include "db/repositories/chunks.hpp"
#include "services/jobs/job_runner.hpp"
#include "services/knowledge/collection_indexes.hpp"
#include "services/knowledge/environment.hpp"

namespace agentic::services {

/// A file that was received, with its name as the client gave it.
struct UploadedFile {
    std::string path;
    std::string file_name;
    std::string media_type;
    std::int64_t size_bytes = 0;
    std::string sha256;
};

/// What may come with a document.
struct DocumentNotes {
    std::optional<std::string> title;
    JsonText metadata{"{}"};
};

/// A document that was added, or was there already.
struct AddedDocument {
    db::DocumentRow document;
    bool is_accepted = false;   // there is work to do; otherwise the same bytes were here before
};

/// Collections and documents: what changes both rows and files, jobs or indexes. Thread-safe.
class KnowledgeService {
public:
    KnowledgeService(KnowledgeEnvironment environment, CollectionIndexes& indexes, JobRunner& jobs) : env_(environment), indexes_(indexes), jobs_(jobs) {}

    /// Fails with `validation_error` for a model nobody knows, `conflict` when the name is taken.
    Task<db::CollectionRow> create(OpContext& op, db::CollectionRow draft);
    /// From now on the collection and its documents are missing everywhere. Fails as CollectionRepository::remove_step does.
    Task<> remove_collection(OpContext& op, Uuid id, std::optional<std::int64_t> expected_version);
    /// Begins to embed the collection anew, with `model` or its own. Fails with `not_found`, `validation_error` (a model nobody knows), `unavailable` (not
    /// installed).
    Task<db::CollectionRow> reembed(OpContext& op, Uuid id, std::optional<std::string> model);

    /// Each is durable when it returns, and worked on from then. A document of the same file name, title or URL in the collection gets its next version; the
    /// same bytes as a document that is there change nothing. Fail with `not_found`.
    Task<AddedDocument> add_file(OpContext& op, Uuid collection_id, UploadedFile file, DocumentNotes notes);
    Task<AddedDocument> add_text(OpContext& op, Uuid collection_id, std::string text, DocumentNotes notes);
    Task<AddedDocument> add_url(OpContext& op, Uuid collection_id, std::string url, DocumentNotes notes);

    /// Both fail with `not_found`. A document that has ended is not cancelled; one that has not failed and was not cancelled is not retried (`conflict`).
    Task<db::DocumentRow> cancel(OpContext& op, Uuid id);
    Task<db::DocumentRow> retry(OpContext& op, Uuid id);
    /// From now on the document, which was found for the asker, is missing everywhere. Fails as DocumentRepository::remove_step does.
    Task<> remove_document(OpContext& op, db::DocumentRow document, std::optional<Timestamp> expected_change);

    /// Deletes files that no document knows, and the rows of jobs and queries that are old; answers how many.
    Task<std::int64_t> tidy();

private:
    Task<AddedDocument> add(OpContext& op, db::DocumentRow draft);
    Task<std::optional<AddedDocument>> same_bytes(OpContext& op, const db::DocumentRow& draft);
    Task<db::DocumentRow> store(OpContext& op, db::DocumentRow draft);
    Task<db::DocumentRow> restart(OpContext& op, const db::DocumentRow& document);
    db::DocumentRow draft_of(OpContext& op, Uuid collection_id, DocumentSource source, DocumentNotes notes) const;

    KnowledgeEnvironment env_;
    CollectionIndexes& indexes_;
    JobRunner& jobs_;
};

/// A client's file name as it may be shown: without directories and control characters, at most 255 bytes; "" when nothing is left.
std::string display_name(std::string_view file_name);

}  // namespace agentic::services
