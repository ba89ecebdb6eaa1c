#include "services/runs/run_recovery.hpp"

#include <limits>
#include <utility>

#include "core/log.hpp"

namespace agentic::services {
namespace {

constexpr std::int64_t kOrphansPerRead = 200;

SystemScope recovery_scope() { return SystemScope::because("leases and recovery span all tenants"); }

}  // namespace

RunRecovery::RunRecovery(RunService& runs, std::vector<IoExecutor> executors)
    : runs_(runs), executors_(std::move(executors)), unstarted_wakeup_(async::Wakeup::create(executors_.front())), wakeup_(unstarted_wakeup_) {}

Uuid RunRecovery::owner() const {
    const std::scoped_lock lock(owner_mutex_);
    return owner_;
}

Task<> RunRecovery::begin() {
    AGENTIC_CO_CHECK(co_await enrol());
    co_await round();
    co_return Result<void>{};
}

Task<> RunRecovery::enrol() {
    const auto now = runs_.env_.clock.now();
    const auto id = make_uuid_v7(now.unix_ms());
    AGENTIC_CO_CHECK(co_await db::RunRepository(runs_.env_.db).worker_insert(recovery_scope(), id, now));
    const std::scoped_lock lock(owner_mutex_);
    owner_ = id;
    co_return Result<void>{};
}

Awaitable<void> RunRecovery::loop() {
    const auto wakeup = std::move(unstarted_wakeup_);
    while (!stopping_) {
        co_await wakeup->wait(runs_.env_.clock.steady() + kBeat);
        if (stopping_) co_return;
        try {
            if (co_await beat()) co_await round();
        } catch (const std::exception& error) {
            log::error("run_recovery_failed", "A round of run recovery failed", {{"error", error.what()}});
        }
    }
}

void RunRecovery::stop() {
    stopping_ = true;
    ring();
}

Awaitable<void> RunRecovery::farewell() {
    auto gone = co_await db::RunRepository(runs_.env_.db).worker_delete(recovery_scope(), owner());
    if (!gone) log::warning("run_farewell_failed", "Other processes will wait for the lease to run out", {{"error", gone.error().public_message}});
}

Awaitable<bool> RunRecovery::beat() {
    auto alive = co_await db::RunRepository(runs_.env_.db).worker_beat(recovery_scope(), owner(), runs_.env_.clock.now());
    if (!alive) co_return false;  // the database is away: for the others too
    if (*alive) co_return true;
    log::warning("run_leases_lost", "Other processes have given this one up; its runs are theirs now", {{"runs", runs_.hub_.size()}});
    for (const auto& run : runs_.hub_.all()) run->request_stop(StopCause::lease_lost);
    co_return (co_await enrol()).has_value();
}

Awaitable<void> RunRecovery::round() {
    co_await hear_cancel_wishes();
    auto owners = co_await db::RunRepository(runs_.env_.db).owners(recovery_scope());
    if (!owners) co_return;
    const bool looks_at_own = abandoned_.exchange(false);
    for (const auto& [owner_id, heartbeat] : *owners) {
        const bool is_own = owner_id == owner();
        if (is_own ? !looks_at_own : !is_dead(owner_id, heartbeat)) continue;
        auto done = co_await take_over_from(owner_id);
        if (done) continue;
        log::warning("run_recovery_failed", "Runs of a dead process could not all be taken over yet: " + done.error().public_message, {{"owner", owner_id.to_string()}});
        if (is_own) abandoned_ = true;
    }
}

Awaitable<void> RunRecovery::hear_cancel_wishes() {
    auto wishes = co_await db::RunRepository(runs_.env_.db).cancel_wishes(recovery_scope(), owner());
    if (!wishes) co_return;
    for (const auto& id : *wishes) {
        if (const auto run = runs_.hub_.find(recovery_scope(), id)) run->request_stop(StopCause::cancel_requested);
    }
}

bool RunRecovery::is_dead(Uuid owner_id, std::int64_t heartbeat) {
    if (heartbeat == 0 || runs_.env_.db.engine() == db::Executor::Engine::sqlite) return true;
    const auto now = runs_.env_.clock.steady();
    auto& seen = seen_.try_emplace(owner_id, Seen{heartbeat, now}).first->second;
    if (seen.heartbeat != heartbeat) seen = {heartbeat, now};
    return now - seen.since >= kLease;
}

Task<> RunRecovery::take_over_from(Uuid dead) {
    db::RunRepository runs(runs_.env_.db);
    const bool is_own = dead == owner();
    Uuid after;
    std::int64_t adopted = 0;
    for (;;) {
        AGENTIC_CO_TRY(auto rows, co_await runs.orphans(recovery_scope(), dead, after, kOrphansPerRead));
        if (rows.empty()) break;
        after = rows.back().id;
        for (auto& row : rows) {
            if (runs_.hub_.find(recovery_scope(), row.id)) continue;  // a driver of this process still has it, perhaps under a name that was given up
            AGENTIC_CO_TRY(const bool is_ours, co_await adopt(std::move(row)));
            adopted += is_ours ? 1 : 0;
        }
    }
    if (!is_own) {
        AGENTIC_CO_CHECK(co_await runs.worker_delete(recovery_scope(), dead));
        seen_.erase(dead);
    }
    if (adopted > 0) log::info("runs_recovered", "Runs of a process that is gone are continued", {{"owner", dead.to_string()}, {"runs", adopted}});
    co_return Result<void>{};
}

Task<bool> RunRecovery::adopt(db::RunRow row) {
    const auto tenant = TenantScope::system(row.tenant_id, "crash recovery continues a run of this tenant");
    const auto seen = lease_of(row);
    const auto new_owner = owner();
    const auto is_ours = co_await db::RunRepository(runs_.env_.db).take_over(tenant, seen, new_owner, runs_.env_.clock.now());
    if (!is_ours) {
        abandoned_ = true;  // it may be ours all the same
        co_return std::unexpected(is_ours.error());
    }
    if (!*is_ours) co_return false;
    row.lease_owner = new_owner;
    if (row.status == RunStatus::running || seen.owner == new_owner) row.attempt += 1;
    log::info("run_taken_over", "A run is continued after its process ended",
              {{"run_id", row.id.to_string()}, {"status", to_string(row.status)}, {"attempt", row.attempt}});
    auto task = co_await prepare(tenant, std::move(row), next_executor());
    if (!task) {
        abandoned_ = true;  // ours by now, so the next round finds it under our own name
        co_return std::unexpected(std::move(task).error());
    }
    runs_.spawn(*std::move(task));
    co_return true;
}

Task<RunTask> RunRecovery::prepare(TenantScope tenant, db::RunRow row, IoExecutor home) {
    auto live = std::make_shared<LiveRun>(home, row.tenant_id, row.id, row.conversation_id, first_sequence_of(std::max<std::int64_t>(row.attempt, 1)));
    RunTask task{.live = std::move(live), .tenant = tenant, .row = std::move(row), .needs_past = true, .accepted_at = runs_.env_.clock.steady()};
    task.place = runs_.turns_.queue(task.row.conversation_id, home, std::numeric_limits<std::size_t>::max());
    if (task.row.cancel_requested) task.live->request_stop(StopCause::cancel_requested);
    const bool begins_another = task.row.status == RunStatus::queued;
    if (task.row.attempt + (begins_another ? 1 : 0) > kAttemptsMax) {
        task.refused = Error{.code = ErrorCode::unavailable, .public_message = "The run was cut off " + std::to_string(kAttemptsMax) + " times and is given up"};
    }
    if (task.row.status == RunStatus::running) {
        AGENTIC_CO_TRY(task.confirmed_sequence, co_await db::RunRepository(runs_.env_.db).last_event(tenant, task.row.id));
    }
    auto agent = co_await db::AgentRepository(runs_.env_.db).find(tenant, task.row.agent_id);
    if (!agent && agent.error().code != ErrorCode::not_found) co_return std::unexpected(std::move(agent).error());
    if (agent) task.agent = *std::move(agent);
    else task.refused = Error{.code = ErrorCode::not_found, .public_message = "The agent was deleted before the run had ended"};
    auto context = read_context(task.row.context);
    if (context) task.context = *std::move(context);
    auto endpoint = co_await runs_.env_.endpoints.resolve(tenant, task.agent.model_provider);
    if (endpoint) task.endpoint = *std::move(endpoint);
    else if (!task.refused) task.refused = std::move(endpoint).error();
    co_return task;
}

}  // namespace agentic::services
