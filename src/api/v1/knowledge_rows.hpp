#pragma once
// Mapping between rows and wire structs of knowledge.
#include "core/context.hpp"
#include "db/repositories/chunks.hpp"
#include "schemas/collections.hpp"
#include "schemas/documents.hpp"

namespace agentic::api::v1 {

db::CollectionRow new_collection_row(schemas::CollectionCreate in);
/// Fails with `validation_error` when the overlap no longer fits the size.
Result<void> apply(schemas::CollectionPatch change, db::CollectionRow& row);
schemas::Collection to_response(const TenantScope& tenant, db::CollectionRow row);

schemas::Document to_response(db::DocumentRow row);
schemas::DocumentProgress progress_of(const db::DocumentRow& row);
schemas::Chunk to_response(db::ChunkRow row);

}  // namespace agentic::api::v1
