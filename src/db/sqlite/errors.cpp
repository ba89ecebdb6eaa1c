#include "db/sqlite/errors.hpp"

#include <sqlite3.h>

#include <stdexcept>
#include <string>

namespace agentic::db::sqlite {
namespace {

constexpr std::int64_t kBusyRetryAfterS = 1;
constexpr std::int64_t kStorageRetryAfterS = 10;

Error make(ErrorCode code, std::string_view message, std::string context, std::int64_t retry_after_s = 0) {
    return {.code = code, .public_message = std::string(message), .internal_context = std::move(context), .violations = {}, .retry_after_s = retry_after_s};
}

Error constraint_error(int code, std::string context) {
    switch (code) {
        case SQLITE_CONSTRAINT_UNIQUE:
        case SQLITE_CONSTRAINT_PRIMARYKEY:
        case SQLITE_CONSTRAINT_ROWID: return make(ErrorCode::conflict, "This already exists", std::move(context));
        case SQLITE_CONSTRAINT_FOREIGNKEY: return make(ErrorCode::conflict, "Something this refers to does not exist, or is still in use", std::move(context));
        default: return make(ErrorCode::internal_error, "Internal error", std::move(context));
    }
}

}  // namespace

Error error_of(sqlite3* connection, int code, std::string_view during) {
    const int extended = connection != nullptr ? sqlite3_extended_errcode(connection) : code;
    auto context = std::string(during) + ": " + (connection != nullptr ? sqlite3_errmsg(connection) : sqlite3_errstr(code)) + " (" + std::to_string(extended) + ")";
    switch (code & 0xff) {
        case SQLITE_CONSTRAINT: return constraint_error(extended, std::move(context));
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return make(ErrorCode::unavailable, "The database is busy; try again shortly", std::move(context), kBusyRetryAfterS);
        case SQLITE_FULL: return make(ErrorCode::storage_full, "The server is out of storage", std::move(context), kStorageRetryAfterS);
        case SQLITE_IOERR:
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB:
        case SQLITE_CANTOPEN:
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_NOMEM: return make(ErrorCode::unavailable, "The database is not available", std::move(context), kStorageRetryAfterS);
        case SQLITE_INTERRUPT: return make(ErrorCode::deadline_exceeded, "The database took too long", std::move(context));
        case SQLITE_TOOBIG: return make(ErrorCode::payload_too_large, "A text is too large to store", std::move(context));
        default: throw std::logic_error(context);
    }
}

bool is_storage_fault(int code) {
    const int primary = code & 0xff;
    return primary == SQLITE_IOERR || primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB || primary == SQLITE_CANTOPEN || primary == SQLITE_READONLY;
}

}  // namespace agentic::db::sqlite
