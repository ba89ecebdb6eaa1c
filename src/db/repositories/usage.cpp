#include "db/repositories/usage.hpp"

#include "db/row_mapper.hpp"
#include "db/sql.hpp"

namespace agentic::db {

Step UsageRepository::insert_step(TenantScope scope, UsageRow row) {
    return Step{.statement = sql::usage_insert,
                .params = {scope.tenant_id(), row.id, row.run_id, row.agent_id, row.conversation_id, row.user_id, std::move(row.provider), std::move(row.model),
                           row.input_tokens, row.output_tokens, row.cache_read_tokens, row.cache_write_tokens, row.reasoning_tokens, row.estimated,
                           row.cost_micros, std::move(row.prices), row.created_at}};
}

Task<std::vector<UsageRow>> UsageRepository::of_run(TenantScope scope, Uuid run_id) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::usage_of_run, {scope.tenant_id(), run_id}));
    co_return rows_to<UsageRow>(rows);
}

}  // namespace agentic::db
