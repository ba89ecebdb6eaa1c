#include "core/error.hpp"

#include <utility>

namespace agentic {

std::string_view to_string(ErrorCode code) {
    switch (code) {
        case ErrorCode::bad_request: return "bad_request";
        case ErrorCode::validation_error: return "validation_error";
        case ErrorCode::not_authenticated: return "not_authenticated";
        case ErrorCode::forbidden: return "forbidden";
        case ErrorCode::not_found: return "not_found";
        case ErrorCode::method_not_allowed: return "method_not_allowed";
        case ErrorCode::conflict: return "conflict";
        case ErrorCode::precondition_failed: return "precondition_failed";
        case ErrorCode::payload_too_large: return "payload_too_large";
        case ErrorCode::unsupported_media_type: return "unsupported_media_type";
        case ErrorCode::rate_limited: return "rate_limited";
        case ErrorCode::quota_exceeded: return "quota_exceeded";
        case ErrorCode::budget_exceeded: return "budget_exceeded";
        case ErrorCode::cancelled: return "cancelled";
        case ErrorCode::internal_error: return "internal_error";
        case ErrorCode::upstream_error: return "upstream_error";
        case ErrorCode::unavailable: return "unavailable";
        case ErrorCode::deadline_exceeded: return "deadline_exceeded";
        case ErrorCode::storage_full: return "storage_full";
    }
    return "internal_error";
}

std::unexpected<Error> fail(ErrorCode code, std::string public_message, std::string internal_context) {
    return std::unexpected(Error{.code = code,
                                 .public_message = std::move(public_message),
                                 .internal_context = std::move(internal_context),
                                 .violations = {}});
}

std::unexpected<Error> fail_validation(Violations violations) {
    std::string message = "Validation failed";
    if (!violations.empty()) message = violations.front().field + ": " + violations.front().issue;
    if (violations.size() > 1) message += " (and " + std::to_string(violations.size() - 1) + " more)";
    Error error{.code = ErrorCode::validation_error, .public_message = std::move(message), .internal_context = {}, .violations = std::move(violations)};
    return std::unexpected(std::move(error));
}

std::unexpected<Error> fail_not_found(std::string_view what) {
    return fail(ErrorCode::not_found, std::string(what) + " not found");
}

}  // namespace agentic
