#pragma once
#include <string_view>

#include "db/repositories/documents.hpp"
#include "db/repositories/jobs.hpp"

namespace agentic::services {

inline constexpr std::string_view kIngestJob = "document_ingest";        // subject: a document; payload: its version
inline constexpr std::string_view kPurgeJob = "document_purge";          // subject: a document
inline constexpr std::string_view kCollectionPurgeJob = "collection_purge";
inline constexpr std::string_view kReembedJob = "collection_reembed";    // subject: a collection
inline constexpr std::string_view kVectorPurgeJob = "vector_purge";      // subject: a collection

db::JobRow new_job(std::string_view kind, Uuid subject, Timestamp now, std::int64_t priority = 0);
/// The same with a version in its payload.
db::JobRow new_ingest_job(db::DocumentVersion document, Timestamp now);
/// The version an ingest job works on; 0 when its payload is not ours.
std::int64_t version_of(const db::JobRow& job);

/// The payload of a re-embedding whose earlier shadow is deleted, and whether a job has it.
JsonText cleared_payload();
bool is_cleared(const db::JobRow& job);

}  // namespace agentic::services
