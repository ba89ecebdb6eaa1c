#include "db/repositories/runs.hpp"

#include <algorithm>

#include "db/row_mapper.hpp"
#include "db/sql.hpp"

namespace agentic::db {
namespace {

constexpr const char* kFenced = "run lease fenced";

Error fenced() {
    return Error{.code = ErrorCode::precondition_failed, .public_message = "The run is no longer this worker's", .internal_context = kFenced};
}

std::optional<std::string_view> word(const std::optional<RunStatus>& status) {
    return status ? std::optional(to_string(*status)) : std::nullopt;
}

struct ListStatements {
    const Statement& list;
    const Statement& count;
};

/// By what leaves the fewest rows.
ListStatements list_statements(const ConversationAccess& access, const RunListing& listing) {
    if (listing.conversation_id) return {sql::run_list_of_conversation, sql::run_count_of_conversation};
    if (listing.agent_id) return {sql::run_list_of_agent, sql::run_count_of_agent};
    if (access.only_user()) return {sql::run_list_of_user, sql::run_count_of_user};
    return {sql::run_list, sql::run_count};
}

}  // namespace

namespace runs_detail {
struct WorkerRow {
    Uuid id;
    std::int64_t heartbeat_sequence = 0;
};
struct WishRow {
    Uuid id;
};
struct CountRow {
    std::int64_t total = 0;
};
struct LastRow {
    std::int64_t last_sequence = 0;
};
}  // namespace runs_detail

Step RunRepository::insert_step(TenantScope scope, RunRow row) {
    return Step{.statement = sql::run_insert,
                .params = {scope.tenant_id(), row.id, row.agent_id, row.agent_version, row.conversation_id, row.user_id, to_string(row.status),
                           std::move(row.input), std::move(row.context), std::move(row.metadata), row.max_iterations, row.attempt, row.lease_owner,
                           row.user_message_id, row.created_at, row.started_at}};
}

Step RunRepository::begin_step(TenantScope scope, RunLease lease, Uuid user_message_id, std::int64_t agent_version, Timestamp now) {
    return Step{.statement = sql::run_begin,
                .params = {scope.tenant_id(), lease.run_id, lease.owner, user_message_id, agent_version, now},
                .expected_rows = 1,
                .otherwise = fenced()};
}

Step RunRepository::step_step(TenantScope scope, RunLease lease, RunStepRecord record) {
    const auto& tokens = record.tokens;
    return Step{.statement = sql::run_step,
                .params = {scope.tenant_id(), lease.run_id, lease.owner, lease.attempt, record.iterations, std::move(record.turn_blocks), tokens.input,
                           tokens.output, tokens.cache_read, tokens.cache_write, tokens.reasoning, record.cost_micros, record.now},
                .expected_rows = 1,
                .otherwise = fenced()};
}

Step RunRepository::end_step(TenantScope scope, RunLease lease, RunEndRecord record) {
    const auto& tokens = record.tokens;
    return Step{.statement = sql::run_end,
                .params = {scope.tenant_id(), lease.run_id, lease.owner, lease.attempt, to_string(record.status), record.iterations, record.message_id,
                           record.error_code, record.error_message, record.model, record.stop_reason, std::move(record.warnings), tokens.input,
                           tokens.output, tokens.cache_read, tokens.cache_write, tokens.reasoning, record.cost_micros, record.latency_ms, record.now,
                           to_string(record.expected)},
                .expected_rows = 1,
                .otherwise = fenced()};
}

Step RunRepository::events_step(TenantScope scope, Uuid run_id, RunEventsRow row, Timestamp now) {
    return Step{.statement = sql::run_events_insert,
                .params = {scope.tenant_id(), run_id, row.first_sequence, row.last_sequence, std::move(row.body), now}};
}

bool RunRepository::is_busy(const Error& error) {
    // PostgreSQL names the index, SQLite its columns.
    return error.code == ErrorCode::conflict &&
           (error.internal_context.contains("idx_runs_conversation_busy") || error.internal_context.contains("runs.conversation_id"));
}

bool RunRepository::is_fenced(const Error& error) { return error.code == ErrorCode::precondition_failed && error.internal_context == kFenced; }

Task<RunRow> RunRepository::find(TenantScope scope, ConversationAccess access, Uuid id) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::run_by_id, {scope.tenant_id(), id, access.only_user()}));
    co_return first_row<RunRow>(rows, "Run");
}

Task<Page<RunRow>> RunRepository::list(TenantScope scope, ConversationAccess access, RunListing listing) {
    Params filters{scope.tenant_id(), access.only_user(), listing.agent_id, listing.conversation_id, word(listing.status)};
    Params paged = filters;
    paged.emplace_back(listing.page.size);
    paged.emplace_back(listing.page.offset());
    const auto statements = list_statements(access, listing);
    Batch steps;
    steps.push_back({.statement = statements.list, .params = std::move(paged)});
    steps.push_back({.statement = statements.count, .params = std::move(filters)});
    AGENTIC_CO_TRY(const auto rows, co_await db_.read(scope, std::move(steps)));
    AGENTIC_CO_TRY(const auto count, first_row<runs_detail::CountRow>(rows[1], "Count"));
    co_return Page<RunRow>{.rows = rows_to<RunRow>(rows[0]), .total = count.total};
}

Task<std::vector<RunEventsRow>> RunRepository::events_after(TenantScope scope, Uuid run_id, std::int64_t after, std::int64_t limit) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::run_events_after, {scope.tenant_id(), run_id, after, limit}));
    co_return rows_to<RunEventsRow>(rows);
}

Task<std::int64_t> RunRepository::last_event(TenantScope scope, Uuid run_id) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::run_events_last, {scope.tenant_id(), run_id}));
    AGENTIC_CO_TRY(const auto row, first_row<runs_detail::LastRow>(rows, "Run"));
    co_return row.last_sequence;
}

Task<std::vector<RunBusyRow>> RunRepository::busy_in(TenantScope scope, Uuid conversation_id) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::run_busy_in_conversation, {scope.tenant_id(), conversation_id}));
    co_return rows_to<RunBusyRow>(rows);
}

Task<std::vector<PastMessageRow>> RunRepository::past(TenantScope scope, Uuid conversation_id, Uuid message_id, PastLimits limits) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::run_messages_before, {scope.tenant_id(), conversation_id, message_id, limits.messages, limits.bytes}));
    auto messages = rows_to<PastMessageRow>(rows);
    std::ranges::reverse(messages);
    co_return messages;
}

Task<bool> RunRepository::request_cancel(TenantScope scope, ConversationAccess access, Uuid id, Timestamp now) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::run_request_cancel, {scope.tenant_id(), id, access.only_user(), now}));
    co_return rows.affected == 1;
}

Task<> RunRepository::worker_insert(SystemScope scope, Uuid worker, Timestamp now) {
    AGENTIC_CO_CHECK(co_await db_.query(scope, sql::run_worker_insert, {worker, now}));
    co_return Result<void>{};
}

Task<bool> RunRepository::worker_beat(SystemScope scope, Uuid worker, Timestamp now) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::run_worker_beat, {worker, now}));
    co_return rows.affected == 1;
}

Task<std::vector<std::pair<Uuid, std::int64_t>>> RunRepository::owners(SystemScope scope) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::run_owner_list, {}));
    std::vector<std::pair<Uuid, std::int64_t>> out;
    for (const auto& row : rows_to<runs_detail::WorkerRow>(rows)) out.emplace_back(row.id, row.heartbeat_sequence);
    co_return out;
}

Task<> RunRepository::worker_delete(SystemScope scope, Uuid worker) {
    AGENTIC_CO_CHECK(co_await db_.query(scope, sql::run_worker_delete, {worker}));
    co_return Result<void>{};
}

Task<std::vector<RunRow>> RunRepository::orphans(SystemScope scope, Uuid owner, Uuid after, std::int64_t limit) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::run_orphans, {owner, after, limit}));
    co_return rows_to<RunRow>(rows);
}

Task<bool> RunRepository::take_over(TenantScope scope, RunLease seen, Uuid new_owner, Timestamp now) {
    AGENTIC_CO_TRY(const auto rows,
                   co_await db_.query(scope, sql::run_take_over, {scope.tenant_id(), seen.run_id, seen.owner, seen.attempt, new_owner, now}));
    co_return rows.affected == 1;
}

Task<std::vector<Uuid>> RunRepository::cancel_wishes(SystemScope scope, Uuid owner) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::run_cancel_wishes, {owner}));
    std::vector<Uuid> out;
    for (const auto& row : rows_to<runs_detail::WishRow>(rows)) out.push_back(row.id);
    co_return out;
}

}  // namespace agentic::db
