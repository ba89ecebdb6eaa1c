#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "db/executor.hpp"

namespace agentic::db {

/// One query that was asked of the knowledge. It names the chunks that were found and never holds their text.
struct RagQueryRow {
    Uuid id;
    Uuid user_id;
    std::optional<Uuid> run_id;            // of an agent's search
    std::string query;
    JsonText collection_ids;
    std::string mode;                      // the one that answered
    std::int64_t top_k = 0;
    JsonText chunk_ids;                    // best first
    std::int64_t result_count = 0;
    std::int64_t retrieval_time_us = 0;
    Timestamp created_at;
};

class RagQueryRepository {
public:
    explicit RagQueryRepository(Executor& db) : db_(db) {}

    Task<> insert(TenantScope scope, RagQueryRow row);
    /// Newest first.
    Task<std::vector<RagQueryRow>> list(TenantScope scope, std::int64_t limit);
    /// Deletes what was asked before then; answers how many.
    Task<std::int64_t> forget(SystemScope scope, Timestamp asked_before);

private:
    Executor& db_;
};

}  // namespace agentic::db
