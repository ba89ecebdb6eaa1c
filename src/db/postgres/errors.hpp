#pragma once
#include <string_view>

#include "core/error.hpp"

struct pg_conn;
struct pg_result;

namespace agentic::db::postgres {

/// What a failed result means to a caller; `during` is the statement's name. Key values of the row stay out of it. Throws std::logic_error for
/// faults of ours (malformed SQL, a row-level security violation), which no input may cause.
Error error_of(const pg_result* result, std::string_view during);

/// The connection is gone or unusable.
Error connection_error(const pg_conn* connection, std::string_view during);

/// True when prepared statements of this connection no longer fit the schema, so that it must be replaced.
bool is_stale_plan(const pg_result* result);

Error unavailable(std::string context);

}  // namespace agentic::db::postgres
