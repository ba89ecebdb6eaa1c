#include "db/repositories/idempotency.hpp"

#include <utility>

#include "db/repositories/delete_in_pieces.hpp"
#include "db/row_mapper.hpp"
#include "db/sql.hpp"

namespace agentic::db {
namespace {

template <class... More>
Params params_of(TenantScope scope, const IdempotencyClaim& claim, More&&... more) {
    Params params{scope.tenant_id(), claim.user_id, claim.operation, claim.key, claim.reservation};
    (params.emplace_back(std::forward<More>(more)), ...);
    return params;
}

}  // namespace

Task<IdempotencyRow> IdempotencyRepository::reserve(TenantScope scope, IdempotencyClaim claim, Request request) {
    auto batch = batch_of(
        Step{.statement = sql::idempotency_reserve, .params = params_of(scope, claim, std::move(request.fingerprint), request.locked_until, request.now, request.expires_at)},
        Step{.statement = sql::idempotency_find, .params = {scope.tenant_id(), claim.user_id, claim.operation, claim.key}});
    AGENTIC_CO_TRY(const auto rows, co_await db_.batch(scope, std::move(batch)));
    co_return first_row<IdempotencyRow>(rows.back(), "Idempotency key");
}

Step IdempotencyRepository::link_run_step(TenantScope scope, const IdempotencyClaim& claim, Uuid run_id) {
    return Step{.statement = sql::idempotency_link_run,
                .params = params_of(scope, claim, run_id),
                .expected_rows = 1,
                .otherwise = fail(ErrorCode::conflict, "Another request with this Idempotency-Key has taken over").error()};
}

Task<> IdempotencyRepository::finish(TenantScope scope, IdempotencyClaim claim, std::int64_t status, std::string headers, std::string body) {
    AGENTIC_CO_CHECK(co_await db_.query(scope, sql::idempotency_finish, params_of(scope, claim, status, std::move(headers), std::move(body))));
    co_return Result<void>{};
}

Task<> IdempotencyRepository::release(TenantScope scope, IdempotencyClaim claim) {
    AGENTIC_CO_CHECK(co_await db_.query(scope, sql::idempotency_release, params_of(scope, claim)));
    co_return Result<void>{};
}

Task<std::int64_t> IdempotencyRepository::forget(SystemScope scope, Timestamp expired_before) {
    co_return co_await delete_in_pieces(db_, scope, sql::idempotency_forget, expired_before);
}

}  // namespace agentic::db
