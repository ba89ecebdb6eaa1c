#include "db/postgres/errors.hpp"

#include <libpq-fe.h>

#include <stdexcept>
#include <string>

namespace agentic::db::postgres {
namespace {

constexpr std::int64_t kRetryAfterS = 1;
constexpr std::int64_t kStorageRetryAfterS = 10;

Error make(ErrorCode code, std::string_view message, std::string context, std::int64_t retry_after_s = 0) {
    return {.code = code, .public_message = std::string(message), .internal_context = std::move(context), .violations = {}, .retry_after_s = retry_after_s};
}

std::string_view field(const PGresult* result, int code) {
    const char* text = PQresultErrorField(result, code);
    return text == nullptr ? std::string_view() : std::string_view(text);
}

std::string trimmed(const char* text) {
    std::string out = text == nullptr ? "" : text;
    while (!out.empty() && out.back() == '\n') out.pop_back();
    return out;
}

}  // namespace

Error unavailable(std::string context) { return make(ErrorCode::unavailable, "The database is not available", std::move(context), kRetryAfterS); }

Error error_of(const PGresult* result, std::string_view during) {
    const auto state = field(result, PG_DIAG_SQLSTATE);
    auto context = std::string(during) + ": " + std::string(field(result, PG_DIAG_MESSAGE_PRIMARY)) + " (" + std::string(state) + ")";
    if (const auto constraint = field(result, PG_DIAG_CONSTRAINT_NAME); !constraint.empty()) context += " constraint " + std::string(constraint);
    const auto is_class = [&](std::string_view prefix) { return state.starts_with(prefix); };
    if (state == "23505" || state == "23P01") return make(ErrorCode::conflict, "This already exists", std::move(context));
    if (state == "23503") return make(ErrorCode::conflict, "Something this refers to does not exist, or is still in use", std::move(context));
    if (is_class("23") || state == "P0001") return make(ErrorCode::internal_error, "Internal error", std::move(context));
    if (state == "53100") return make(ErrorCode::storage_full, "The server is out of storage", std::move(context), kStorageRetryAfterS);
    if (state == "57014" || state == "25P04") return make(ErrorCode::deadline_exceeded, "The database took too long", std::move(context));
    if (state == "22021" || state == "22P05") return make(ErrorCode::bad_request, "Text must be valid UTF-8", std::move(context));
    if (is_class("54")) return make(ErrorCode::payload_too_large, "A text is too large to store", std::move(context));
    const bool temporary = state.empty() || is_class("08") || is_class("40") || is_class("53") || is_class("57") || is_class("58") || state == "55P03" ||
                           state == "25006" || state == "25P03" || is_stale_plan(result);
    if (temporary) return unavailable(std::move(context));
    throw std::logic_error(context);
}

bool is_stale_plan(const PGresult* result) {
    const auto state = field(result, PG_DIAG_SQLSTATE);
    return state == "0A000" || state == "26000";  // "cached plan must not change result type", or the statement is gone (a pooler in between)
}

Error connection_error(const PGconn* connection, std::string_view during) {
    return unavailable(std::string(during) + ": " + (connection == nullptr ? "out of memory" : trimmed(PQerrorMessage(connection))));
}

}  // namespace agentic::db::postgres
