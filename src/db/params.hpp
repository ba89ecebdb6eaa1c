#pragma once
#include "db/executor.hpp"

namespace agentic::db {

/// Refuses what one of the engines would store differently or not at all: text with a NUL byte or invalid UTF-8, and numbers that are not finite.
/// Fails with `bad_request`.
Result<void> check_params(const Params& params);
Result<void> check_params(std::span<const Step> steps);

/// Throws std::logic_error when a statement may not run under `scope`: an @cross_tenant one needs a SystemScope.
void check_scope(const Statement& statement, const Scope& scope);

/// The step's own failure when its expectation is not met.
Result<void> check_expectation(const Step& step, const Rows& rows);

}  // namespace agentic::db
