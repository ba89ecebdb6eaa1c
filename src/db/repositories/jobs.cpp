#include "db/repositories/jobs.hpp"

#include <utility>

#include "db/row_mapper.hpp"
#include "db/sql.hpp"

namespace agentic::db {
namespace {

constexpr const char* kFenced = "job lease fenced";

Error fenced() {
    return Error{.code = ErrorCode::precondition_failed, .public_message = "The job is no longer this worker's", .internal_context = kFenced};
}

}  // namespace

namespace jobs_detail {
struct IdRow {
    Uuid id;
};
struct TenantRow {
    Uuid tenant_id;
};
}  // namespace jobs_detail

namespace {

std::vector<Uuid> ids_of(const Rows& rows) {
    std::vector<Uuid> out;
    for (const auto& row : rows_to<jobs_detail::IdRow>(rows)) out.push_back(row.id);
    return out;
}

}  // namespace

Step JobRepository::insert_step(TenantScope scope, JobRow row) {
    return {sql::job_insert,
            {scope.tenant_id(), row.id, std::move(row.kind), row.subject_id, std::move(row.payload), row.priority, row.max_attempts, row.run_at, row.created_at}};
}

Step JobRepository::cancel_step(TenantScope scope, Uuid subject_id, std::optional<std::string_view> kind, Timestamp now) {
    return {sql::job_cancel, {scope.tenant_id(), subject_id, kind, now}};
}

std::vector<Uuid> JobRepository::read_cancelled(const Rows& rows) { return ids_of(rows); }

Step JobRepository::hold_step(TenantScope scope, JobLease lease, Timestamp now) {
    return {sql::job_hold, {scope.tenant_id(), lease.job_id, lease.owner, lease.attempt, now}, 1, fenced()};
}

Step JobRepository::finish_step(TenantScope scope, JobLease lease, JobState state, std::optional<std::string> error, Timestamp now) {
    return {sql::job_finish, {scope.tenant_id(), lease.job_id, lease.owner, lease.attempt, to_string(state), error, now}, 1, fenced()};
}

Step JobRepository::note_step(TenantScope scope, JobLease lease, JsonText payload, Timestamp now) {
    return {sql::job_note, {scope.tenant_id(), lease.job_id, lease.owner, lease.attempt, std::move(payload), now}, 1, fenced()};
}

Step JobRepository::again_step(TenantScope scope, JobLease lease, std::int64_t attempts, std::optional<std::string> error, Timestamp run_at, Timestamp now) {
    return {sql::job_again, {scope.tenant_id(), lease.job_id, lease.owner, lease.attempt, attempts, error, run_at, now}, 1, fenced()};
}

bool JobRepository::is_fenced(const Error& error) { return error.code == ErrorCode::precondition_failed && error.internal_context == kFenced; }

Task<std::optional<Uuid>> JobRepository::next_tenant(SystemScope scope, Uuid after, Timestamp now) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::job_next_tenant, {after, now}));
    const auto found = rows_to<jobs_detail::TenantRow>(rows);
    co_return found.empty() ? std::nullopt : std::optional(found.front().tenant_id);
}

Task<std::optional<JobRow>> JobRepository::claim(TenantScope scope, Uuid owner, Timestamp now) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::job_claim, {scope.tenant_id(), owner, now}));
    auto found = rows_to<JobRow>(rows);
    co_return found.empty() ? std::nullopt : std::optional(std::move(found.front()));
}

Task<std::int64_t> JobRepository::recover(SystemScope scope, Timestamp now) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::job_recover, {now}));
    co_return rows.affected;
}

Task<std::vector<HeldJobRow>> JobRepository::held_by(SystemScope scope, Uuid owner) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::job_held, {owner}));
    co_return rows_to<HeldJobRow>(rows);
}

Task<std::int64_t> JobRepository::forget(SystemScope scope, Timestamp ended_before) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::job_forget, {ended_before}));
    co_return rows.affected;
}

}  // namespace agentic::db
