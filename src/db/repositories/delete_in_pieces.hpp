#pragma once
#include "db/executor.hpp"

namespace agentic::db {

/// Runs a DELETE that takes what is older than $1 and at most $2 rows, again and again until nothing is left, so that no single one keeps other writes
/// waiting. Answers how many rows went.
Task<std::int64_t> delete_in_pieces(Executor& db, SystemScope scope, const Statement& statement, Timestamp before);

}  // namespace agentic::db
