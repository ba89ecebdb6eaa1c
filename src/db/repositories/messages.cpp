#include "db/repositories/messages.hpp"

#include <algorithm>
#include <utility>

#include "db/row_mapper.hpp"
#include "db/sql.hpp"

namespace agentic::db {

Batch MessageRepository::append_steps(TenantScope scope, MessageRow row) {
    const Error missing = fail_not_found("Conversation").error();
    Batch steps;
    steps.reserve(kAppendSteps);
    steps.push_back({sql::conversation_advance, {scope.tenant_id(), row.conversation_id, row.created_at}, 1, missing});
    steps.push_back({sql::message_insert,
                     {scope.tenant_id(), row.id, row.conversation_id, row.run_id, to_string(row.role), std::move(row.content),
                      std::move(row.content_blocks), std::move(row.citations), row.model, row.token_count, row.latency_ms, row.created_at},
                     1, missing});
    return steps;
}

Task<std::int64_t> MessageRepository::append(TenantScope scope, MessageRow row) {
    AGENTIC_CO_TRY(auto results, co_await db_.batch(scope, append_steps(scope, std::move(row))));
    co_return results[1].integer(0, 0);
}

Task<MessageRow> MessageRepository::find(TenantScope scope, Uuid conversation_id, Uuid id) {
    AGENTIC_CO_TRY(auto rows, co_await db_.query(scope, sql::message_by_id, {scope.tenant_id(), conversation_id, id}));
    co_return first_row<MessageRow>(rows, "Message");
}

Task<std::vector<MessageRow>> MessageRepository::range(TenantScope scope, Uuid conversation_id, std::int64_t after, std::int64_t up_to) {
    AGENTIC_CO_TRY(auto rows, co_await db_.query(scope, sql::message_list, {scope.tenant_id(), conversation_id, after, up_to}));
    co_return rows_to<MessageRow>(rows);
}

Task<std::vector<MessageRow>> MessageRepository::latest(TenantScope scope, Uuid conversation_id, std::int64_t limit) {
    AGENTIC_CO_TRY(auto rows, co_await db_.query(scope, sql::message_latest, {scope.tenant_id(), conversation_id, limit}));
    auto messages = rows_to<MessageRow>(rows);
    std::ranges::reverse(messages);
    co_return messages;
}

}  // namespace agentic::db
