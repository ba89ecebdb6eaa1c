#pragma once
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace agentic {

/// What went wrong, as a client sees it. The wire string is the enumerator's name; the HTTP status is decided in http/ alone.
enum class ErrorCode : std::uint8_t {
    bad_request,
    validation_error,
    not_authenticated,
    forbidden,
    not_found,
    method_not_allowed,
    conflict,
    precondition_failed,
    payload_too_large,
    unsupported_media_type,
    rate_limited,
    quota_exceeded,
    budget_exceeded,
    cancelled,
    internal_error,
    upstream_error,
    unavailable,
    deadline_exceeded,
    storage_full,
};

std::string_view to_string(ErrorCode code);

/// One broken rule of an input. `field` is a path such as `steps[1].slug`; `issue` never echoes the input.
struct Violation {
    std::string field;
    std::string issue;

    bool operator==(const Violation&) const = default;
};
using Violations = std::vector<Violation>;

/// A failure that a client or a stored row can cause. `public_message` goes to the client; `internal_context` only to the log.
struct Error {
    ErrorCode code = ErrorCode::internal_error;
    std::string public_message;
    std::string internal_context;
    Violations violations;
    /// Seconds after which a retry makes sense; 0 when the error says nothing about it.
    std::int64_t retry_after_s = 0;
};

template <class T>
using Result = std::expected<T, Error>;

[[nodiscard]] std::unexpected<Error> fail(ErrorCode code, std::string public_message, std::string internal_context = {});

/// 422 with every violation; the message names the first field.
[[nodiscard]] std::unexpected<Error> fail_validation(Violations violations);

/// The one answer for a missing, deleted or foreign resource: they must not be distinguishable.
[[nodiscard]] std::unexpected<Error> fail_not_found(std::string_view what);

}  // namespace agentic

#define AGENTIC_CONCAT_(a, b) a##b
#define AGENTIC_CONCAT(a, b) AGENTIC_CONCAT_(a, b)

/// `AGENTIC_TRY(auto row, parse(x));` declares `row` from a Result or returns its error. One per line.
#define AGENTIC_TRY(declaration, expression) AGENTIC_TRY_(AGENTIC_CONCAT(result_, __LINE__), declaration, expression, return)
/// The same inside a coroutine: `AGENTIC_CO_TRY(auto row, co_await repo.find(id));`
#define AGENTIC_CO_TRY(declaration, expression) AGENTIC_TRY_(AGENTIC_CONCAT(result_, __LINE__), declaration, expression, co_return)
#define AGENTIC_TRY_(result, declaration, expression, leave)               \
    auto result = expression;                                              \
    if (!result) [[unlikely]] leave std::unexpected(std::move(result).error()); \
    declaration = *std::move(result)

/// For a Result<void>: `AGENTIC_CHECK(validate(x));`
#define AGENTIC_CHECK(expression) AGENTIC_CHECK_(AGENTIC_CONCAT(result_, __LINE__), expression, return)
#define AGENTIC_CO_CHECK(expression) AGENTIC_CHECK_(AGENTIC_CONCAT(result_, __LINE__), expression, co_return)
#define AGENTIC_CHECK_(result, expression, leave)                          \
    if (auto result = expression; !result) [[unlikely]] leave std::unexpected(std::move(result).error())
