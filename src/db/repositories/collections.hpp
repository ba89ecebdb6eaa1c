#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/vocabulary.hpp"
#include "db/executor.hpp"
#include "db/repositories/page.hpp"

namespace agentic::db {

/// A collection as it is stored, with the sums over its documents.
struct CollectionRow {
    Uuid id;
    std::string name;
    std::optional<std::string> description;
    std::string embedding_model;
    std::int64_t embedding_dimensions = 0;
    std::int64_t generation = 1;                  // of the embeddings that searches use
    std::optional<std::string> next_model;        // while it is embedded anew
    std::optional<std::int64_t> next_dimensions;
    std::int64_t reembed_progress = 0;            // percent
    std::optional<std::string> reembed_error;     // of the last time
    std::int64_t chunk_size = 512;                // tokens
    std::int64_t chunk_overlap = 50;
    Chunking chunking = Chunking::fixed;
    Visibility visibility = Visibility::tenant;
    JsonText config{"{}"};
    JsonText extra_metadata{"{}"};
    std::int64_t version = 1;
    std::optional<Uuid> created_by;
    Timestamp created_at;
    Timestamp updated_at;
    std::int64_t document_count = 0;
    std::int64_t chunk_count = 0;                 // that can be found
    std::int64_t size_bytes = 0;                  // of the documents as they were uploaded

    bool operator==(const CollectionRow&) const = default;
};

/// What a search needs to know of a collection.
struct CollectionScopeRow {
    Uuid id;
    std::string name;
    std::string embedding_model;
    std::int64_t embedding_dimensions = 0;
    std::int64_t generation = 1;
    std::int64_t content_revision = 0;            // goes up when a document can be found that could not before
};

/// Which collections of a tenant the asker sees: administrators all, others those of everybody and their own.
class CollectionAccess {
public:
    static CollectionAccess of(const Principal& principal) {
        return CollectionAccess(principal.role >= Role::admin ? std::nullopt : std::optional(principal.user_id));
    }
    /// For work that was allowed when it was asked for: jobs, and the searches of an agent.
    static CollectionAccess whole_tenant([[maybe_unused]] std::string_view reason) { return CollectionAccess(std::nullopt); }

    const std::optional<Uuid>& only_user() const { return only_user_; }

private:
    explicit CollectionAccess(std::optional<Uuid> only_user) : only_user_(only_user) {}

    std::optional<Uuid> only_user_;
};

struct CollectionListing {
    std::optional<std::string> search;   // in name and description, without regard to case
    PageRequest page;
};

/// The collections of a tenant. Deleted ones do not exist here. Everything fails with the Executor's `unavailable` and `storage_full` too.
class CollectionRepository {
public:
    explicit CollectionRepository(Executor& db) : db_(db) {}

    /// Fails with `conflict`, naming the name, when another collection of the tenant has it.
    Task<> insert(TenantScope scope, CollectionRow row);
    /// Fails with `not_found`.
    Task<CollectionRow> find(TenantScope scope, CollectionAccess access, Uuid id);
    Task<Page<CollectionRow>> list(TenantScope scope, CollectionAccess access, CollectionListing listing);
    /// Every collection the asker may search, by id; at most `limit`.
    Task<std::vector<CollectionScopeRow>> scopes(TenantScope scope, CollectionAccess access, std::int64_t limit);
    /// Replaces what may change by `row`, which was changed from the stored `row.version`. Fails with `precondition_failed` when that is another one,
    /// `conflict` when the name is taken.
    Task<> update(TenantScope scope, CollectionRow row);

    // Steps of batches.

    /// Fails the batch with `not_found` unless the collection is there.
    static Step exists_step(TenantScope scope, Uuid id);
    /// Fails the batch with `precondition_failed` when `expected_version` is given and is not the stored one.
    static Step remove_step(TenantScope scope, Uuid id, std::optional<std::int64_t> expected_version, Timestamp now);
    static Step erase_step(TenantScope scope, Uuid id);
    static Step reembed_begin_step(TenantScope scope, Uuid id, std::string model, std::int64_t dimensions, Timestamp now);
    static Step reembed_progress_step(TenantScope scope, Uuid id, std::int64_t percent);
    /// From here on searches use the next generation. Fails the batch with `precondition_failed` when `generation` is not the one in use.
    static Step reembed_end_step(TenantScope scope, Uuid id, std::int64_t generation, Timestamp now);
    static Step reembed_failed_step(TenantScope scope, Uuid id, std::string reason, Timestamp now);
    /// A document with vectors of `generation` is about to become findable. Locks the row, so that documents become so one after the other; fails the batch
    /// with `unavailable` when the collection's vectors are of another generation by now, or it is gone.
    static Step advance_step(TenantScope scope, Uuid id, std::int64_t generation);

private:
    Executor& db_;
};

}  // namespace agentic::db
