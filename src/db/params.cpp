#include "db/params.hpp"

#include <cmath>
#include <stdexcept>

#include "core/encoding.hpp"

namespace agentic::db {

Result<void> check_params(const Params& params) {
    for (const Value& value : params) {
        if (const auto* text = std::get_if<std::string>(&value.storage())) {
            if (text->find('\0') != std::string::npos) return fail(ErrorCode::bad_request, "Text must not contain NUL characters");
            if (!is_valid_utf8(*text)) return fail(ErrorCode::bad_request, "Text must be valid UTF-8");
        } else if (const auto* real = std::get_if<double>(&value.storage()); real && !std::isfinite(*real)) {
            return fail(ErrorCode::bad_request, "Numbers must be finite");
        }
    }
    return {};
}

Result<void> check_params(std::span<const Step> steps) {
    for (const Step& step : steps) AGENTIC_CHECK(check_params(step.params));
    return {};
}

void check_scope(const Statement& statement, const Scope& scope) {
    if (statement.cross_tenant && scope.tenant_id()) {
        throw std::logic_error("statement " + std::string(statement.name) + " spans tenants and needs a SystemScope");
    }
}

Result<void> check_expectation(const Step& step, const Rows& rows) {
    if (!step.expected_rows) return {};
    const auto seen = step.statement.writes ? rows.affected : static_cast<std::int64_t>(rows.size());
    if (seen == *step.expected_rows) return {};
    Error error = step.otherwise;
    if (error.internal_context.empty()) {
        error.internal_context = std::string(step.statement.name) + ": expected " + std::to_string(*step.expected_rows) + " rows, saw " + std::to_string(seen);
    }
    return std::unexpected(std::move(error));
}

}  // namespace agentic::db
