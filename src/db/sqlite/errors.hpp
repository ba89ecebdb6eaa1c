#pragma once
#include <string_view>

#include "core/error.hpp"

struct sqlite3;

namespace agentic::db::sqlite {

/// What the connection's last failure means to a caller; `during` is the statement's name. Throws std::logic_error for faults of ours
/// (malformed SQL, misuse), which no input may cause.
Error error_of(sqlite3* connection, int code, std::string_view during);

/// True when the file or the disk failed, so that the connection must not be trusted with the next commit.
bool is_storage_fault(int code);

}  // namespace agentic::db::sqlite
