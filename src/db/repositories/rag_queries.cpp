#include "db/repositories/rag_queries.hpp"

#include <utility>

#include "db/repositories/delete_in_pieces.hpp"
#include "db/row_mapper.hpp"
#include "db/sql.hpp"

namespace agentic::db {

Task<> RagQueryRepository::insert(TenantScope scope, RagQueryRow row) {
    Params params{scope.tenant_id(), row.id, row.user_id, row.run_id, std::move(row.query), std::move(row.collection_ids), std::move(row.mode), row.top_k,
                  std::move(row.chunk_ids), row.result_count, row.retrieval_time_us, row.created_at};
    AGENTIC_CO_CHECK(co_await db_.query(scope, sql::rag_query_insert, std::move(params)));
    co_return Result<void>{};
}

Task<std::vector<RagQueryRow>> RagQueryRepository::list(TenantScope scope, std::int64_t limit) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::rag_query_list, {scope.tenant_id(), limit}));
    co_return rows_to<RagQueryRow>(rows);
}

Task<std::int64_t> RagQueryRepository::forget(SystemScope scope, Timestamp asked_before) {
    co_return co_await delete_in_pieces(db_, scope, sql::rag_query_forget, asked_before);
}

}  // namespace agentic::db
