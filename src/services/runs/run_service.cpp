#include "services/runs/run_service.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "async/shielded.hpp"
#include "core/fault.hpp"
#include "core/log.hpp"
#include "db/enum_text.hpp"
#include "services/runs/run_recovery.hpp"

namespace agentic::services {
namespace {

constexpr std::chrono::seconds kCancelWait{5};
constexpr std::chrono::milliseconds kWaitPoll{250};

Error interrupted_here() {
    return Error{.code = ErrorCode::unavailable, .public_message = "The run was cut off; it will be continued. Follow it under /v1/runs", .retry_after_s = 5};
}

db::RunRow new_row(OpContext& op, const db::AgentRow& agent, Uuid conversation_id, Uuid owner, const schemas::ExecuteRequest& request) {
    const auto now = op.clock.now();
    return {.tenant_id = op.tenant.tenant_id(),
            .id = make_uuid_v7(now.unix_ms()),
            .agent_id = agent.id,
            .agent_version = agent.version,
            .conversation_id = conversation_id,
            .user_id = op.principal.user_id,
            .input = request.input,
            .context = request.context,
            .metadata = request.metadata,
            .max_iterations = request.max_iterations,
            .lease_owner = owner,
            .created_at = now,
            .updated_at = now};
}

db::ConversationRow new_conversation(OpContext& op, const db::RunRow& run, OnBusy on_busy) {
    return {.id = run.conversation_id, .agent_id = run.agent_id, .user_id = run.user_id, .on_busy = on_busy, .created_at = op.clock.now(), .updated_at = op.clock.now()};
}

/// The turn has come before the row is stored, so it is stored as running at once: one commit before the model is called.
void start_at_once(db::RunRow& row) {
    row.status = RunStatus::running;
    row.attempt = 1;
    row.user_message_id = make_uuid_v7(row.created_at.unix_ms());
    row.started_at = row.created_at;
}

void queue_again(db::RunRow& row) {
    row.status = RunStatus::queued;
    row.attempt = 0;
    row.user_message_id.reset();
    row.started_at.reset();
}

/// In the hub unless the run turns out not to be.
class HubEntry {
public:
    HubEntry(RunHub& hub, std::shared_ptr<LiveRun> run) : hub_(&hub), run_(std::move(run)) { hub.add(run_); }
    HubEntry(const HubEntry&) = delete;
    HubEntry& operator=(const HubEntry&) = delete;
    ~HubEntry() {
        if (hub_ != nullptr) hub_->remove(*run_);
    }
    void keep() { hub_ = nullptr; }

private:
    RunHub* hub_;
    std::shared_ptr<LiveRun> run_;
};

std::unexpected<Error> fail_busy() {
    return fail(ErrorCode::conflict, "The conversation is still answering an earlier message (on_busy is reject)");
}

}  // namespace

RunService::RunService(RunEnvironment environment, RunGateLimits limits) : env_(environment), gate_(limits) {}

RunService::~RunService() = default;

Task<std::shared_ptr<LiveRun>> RunService::execute(OpContext& op, Uuid agent_id, schemas::ExecuteRequest request, std::optional<db::IdempotencyClaim> claim) {
    if (is_stopping_ || !recovery_) co_return fail(ErrorCode::unavailable, "The server is starting or stopping; try again shortly");
    if (hub_.size() >= gate_.limits().running_max + gate_.limits().waiting_max) co_return fail(ErrorCode::unavailable, "Too many runs are waiting; try again shortly");
    // A client that leaves between the commit and the start of the work must not leave a run without a driver.
    co_return co_await async::shielded(accept(op, agent_id, std::move(request), std::move(claim)));
}

Task<std::shared_ptr<LiveRun>> RunService::accept(OpContext& op, Uuid agent_id, schemas::ExecuteRequest request, std::optional<db::IdempotencyClaim> claim) {
    AGENTIC_CO_TRY(auto existing, co_await conversation_of(op, agent_id, request));
    AGENTIC_CO_TRY(auto task, co_await new_task(op, agent_id, request));
    const auto on_busy = request.on_busy.value_or(existing ? existing->on_busy : db::ConversationRow{}.on_busy);
    std::optional<db::ConversationRow> created;
    if (existing) {
        task.row.conversation_id = existing->id;
        task.needs_past = true;
    } else {
        created = new_conversation(op, task.row, on_busy);
    }
    AGENTIC_CO_CHECK(co_await take_places(op, task, on_busy));
    task.live = std::make_shared<LiveRun>(co_await asio::this_coro::executor, task.row.tenant_id, task.row.id, task.row.conversation_id, first_sequence_of(1));
    AGENTIC_CO_CHECK(co_await store_accepted(task, std::move(created), std::move(claim), on_busy));
    auto live = task.live;
    spawn(std::move(task));
    co_return live;
}

Task<RunTask> RunService::new_task(OpContext& op, Uuid agent_id, const schemas::ExecuteRequest& request) {
    AGENTIC_CO_TRY(auto agent, co_await db::AgentRepository(env_.db).find(op.tenant, agent_id));
    if (agent.status != AgentStatus::active) co_return fail(ErrorCode::conflict, "The agent is " + std::string(to_string(agent.status)));
    AGENTIC_CO_TRY(auto context, read_context(request.context));
    AGENTIC_CO_TRY(auto endpoint, co_await env_.endpoints.resolve(op.tenant, agent.model_provider));
    auto row = new_row(op, agent, make_uuid_v7(op.clock.now().unix_ms()), recovery_->owner(), request);
    co_return RunTask{.tenant = op.tenant,
                      .row = std::move(row),
                      .agent = std::move(agent),
                      .endpoint = std::move(endpoint),
                      .context = std::move(context),
                      .accepted_at = op.clock.steady()};
}

Task<std::optional<db::ConversationRow>> RunService::conversation_of(OpContext& op, Uuid agent_id, const schemas::ExecuteRequest& request) {
    if (!request.conversation_id) co_return std::nullopt;
    AGENTIC_CO_TRY(auto row, co_await db::ConversationRepository(env_.db).find(op.tenant, db::ConversationAccess::of(op.principal), *request.conversation_id));
    if (row.agent_id != agent_id) co_return fail_validation({{"conversation_id", "belongs to another agent"}});
    if (row.status == ConversationStatus::archived) co_return fail(ErrorCode::conflict, "The conversation is archived");
    co_return row;
}

Task<> RunService::take_places(OpContext& op, RunTask& task, OnBusy on_busy) {
    task.turn = turns_.try_take(task.row.conversation_id);
    if (!task.turn) {
        if (on_busy == OnBusy::reject) co_return fail_busy();
        AGENTIC_CO_CHECK(co_await wait_in_line(op, task, on_busy));
        co_return Result<void>{};
    }
    task.permit = gate_.try_enter(task.row.tenant_id);
    if (task.permit) start_at_once(task.row);
    co_return Result<void>{};
}

Task<> RunService::wait_in_line(OpContext& op, RunTask& task, OnBusy on_busy) {
    if (on_busy == OnBusy::interrupt) AGENTIC_CO_CHECK(co_await interrupt(op, task.row.conversation_id));
    task.place = turns_.queue(task.row.conversation_id, co_await asio::this_coro::executor, gate_.limits().waiting_per_conversation_max);
    if (!task.place) {
        Error error{.code = ErrorCode::rate_limited, .public_message = "Too many messages of this conversation are waiting", .retry_after_s = 5};
        co_return std::unexpected(std::move(error));
    }
    co_return Result<void>{};
}

/// Cancels every run of the conversation that has not ended.
Task<> RunService::interrupt(OpContext& op, Uuid conversation_id) {
    db::RunRepository runs(env_.db);
    AGENTIC_CO_TRY(const auto busy, co_await runs.busy_in(op.tenant, conversation_id));
    for (const auto& run : busy) {
        AGENTIC_CO_CHECK(co_await runs.request_cancel(op.tenant, db::ConversationAccess::whole_tenant("its conversation was looked up for the asker"), run.id, op.clock.now()));
        if (const auto live = hub_.find(op.tenant, run.id)) live->request_stop(StopCause::interrupted);
    }
    co_return Result<void>{};
}

Task<> RunService::store_accepted(RunTask& task, std::optional<db::ConversationRow> created, std::optional<db::IdempotencyClaim> claim, OnBusy on_busy) {
    auto& row = task.row;
    HubEntry entry(hub_, task.live);  // before the row exists, so that recovery never sees a row of ours without its driver
    fault::point("run.accept.before");
    auto stored = co_await env_.db.batch(task.tenant, accept_batch(task.tenant, row, created, claim));
    if (!stored && db::RunRepository::is_busy(stored.error()) && on_busy != OnBusy::reject) {
        queue_again(row);  // another process's run has the conversation
        stored = co_await env_.db.batch(task.tenant, accept_batch(task.tenant, row, created, claim));
    }
    if (!stored) {
        if (db::RunRepository::is_busy(stored.error())) co_return fail_busy();
        recovery_->has_abandoned();  // the commit may have happened all the same: then the run has no driver yet
        co_return std::unexpected(std::move(stored).error());
    }
    fault::point("run.accept.committed");
    entry.keep();
    if (row.status == RunStatus::running) task.live->mark_begun();
    co_return Result<void>{};
}

bool RunService::spawn(RunTask task) {
    hub_.add(task.live);
    const auto live = task.live;
    const bool accepted = group_.spawn(live->home(), drive(std::move(task)));
    if (!accepted) {
        hub_.remove(*live);
        live->channel.close({.body = std::nullopt, .error = interrupted_here()});
    }
    return accepted;
}

Awaitable<void> RunService::drive(RunTask task) {
    const auto live = task.live;
    bool has_ended = false;
    std::exception_ptr failure;
    try {
        RunDriver driver(env_, gate_, std::move(task));
        has_ended = co_await driver.run();
    } catch (...) {
        failure = std::current_exception();
    }
    hub_.remove(*live);
    if (!has_ended) {
        live->channel.close({.body = std::nullopt, .error = interrupted_here()});
        const auto cause = live->stop_cause();
        if (cause != StopCause::shutdown && cause != StopCause::lease_lost) recovery_->has_abandoned();
    }
    if (failure) std::rethrow_exception(failure);
}

Task<db::RunRow> RunService::view(OpContext& op, Uuid run_id) {
    co_return co_await db::RunRepository(env_.db).find(op.tenant, db::ConversationAccess::of(op.principal), run_id);
}

Task<db::RunRow> RunService::cancel(OpContext& op, Uuid run_id) {
    AGENTIC_CO_TRY(auto row, co_await view(op, run_id));
    if (is_terminal(row.status)) co_return row;
    AGENTIC_CO_CHECK(co_await db::RunRepository(env_.db).request_cancel(op.tenant, db::ConversationAccess::of(op.principal), run_id, op.clock.now()));
    fault::point("run.cancel.committed");
    if (const auto live = hub_.find(op.tenant, run_id)) {
        live->request_stop(StopCause::cancel_requested);
        co_await live->channel.wait_end(op.clock.steady() + kCancelWait);
    }
    co_return co_await view(op, run_id);
}

Task<db::RunRow> RunService::wait(OpContext& op, Uuid run_id, std::chrono::milliseconds timeout) {
    const auto until = op.clock.steady() + timeout;
    auto wakeup = async::Wakeup::create(co_await asio::this_coro::executor);
    for (;;) {
        AGENTIC_CO_TRY(auto row, co_await view(op, run_id));
        const auto now = op.clock.steady();
        if (is_terminal(row.status) || now >= until) co_return row;
        const auto live = hub_.find(op.tenant, run_id);
        if (live && !live->channel.end()) co_await live->channel.wait_end(until);
        else co_await wakeup->wait(std::min(until, now + kWaitPoll));
    }
}

Task<RunEnd> RunService::end_of(OpContext& op, Uuid run_id, std::chrono::milliseconds timeout) {
    const auto until = op.clock.steady() + timeout;
    AGENTIC_CO_TRY(const auto row, co_await wait(op, run_id, timeout));
    if (!is_terminal(row.status)) co_return RunEnd{.body = std::nullopt, .error = interrupted_here()};
    if (row.status != RunStatus::completed) {
        const auto code = db::EnumText<ErrorCode>::parse(row.error_code.value_or(""));
        co_return RunEnd{.body = std::nullopt, .error = {.code = code.value_or(ErrorCode::internal_error), .public_message = row.error_message.value_or("The run has failed")}};
    }
    RunEnd end;
    AGENTIC_CO_TRY(auto reader, co_await follow(op, run_id, 0));
    for (bool is_last = false; !is_last && op.clock.steady() < until;) {
        AGENTIC_CO_TRY(const auto piece, co_await reader.next(until));
        read_frames(piece.bytes, [&end](const StoredEvent& event) {
            if (event.type == "complete") end.body = std::string(event.data);
        });
        is_last = piece.is_last;
    }
    if (!end.body) end.error = {.code = ErrorCode::internal_error, .public_message = "The answer is not stored any more"};
    co_return end;
}

Task<RunReader> RunService::follow(OpContext& op, Uuid run_id, std::int64_t after) {
    auto live = hub_.find(op.tenant, run_id);  // before the row: what has ended by then is stored
    AGENTIC_CO_TRY(const auto row, co_await view(op, run_id));
    co_return RunReader(env_.clock, env_.db, hub_, op.tenant, db::ConversationAccess::of(op.principal), row.id, std::move(live), after);
}

RunReader RunService::follow(OpContext& op, std::shared_ptr<LiveRun> run, std::int64_t after) {
    const auto id = run->run_id;
    return RunReader(env_.clock, env_.db, hub_, op.tenant, db::ConversationAccess::of(op.principal), id, std::move(run), after);
}

Awaitable<bool> RunService::can_call(OpContext& op, std::string provider) {
    const auto endpoint = co_await env_.endpoints.resolve(op.tenant, std::move(provider));
    co_return endpoint.has_value();
}

Uuid RunService::worker_id() const { return recovery_->owner(); }

Task<> RunService::start(std::vector<IoExecutor> executors) {
    const auto home = executors.front();
    recovery_ = std::make_unique<RunRecovery>(*this, std::move(executors));
    AGENTIC_CO_CHECK(co_await recovery_->begin());
    recovery_group_.spawn(home, recovery_->loop());
    co_return Result<void>{};
}

Awaitable<void> RunService::stop(std::chrono::milliseconds grace) {
    if (is_stopping_.exchange(true) || !recovery_) co_return;
    const auto until = env_.clock.steady() + grace;
    group_.close();
    for (const auto& run : hub_.all()) co_await run->channel.wait_end(until);
    for (const auto& run : hub_.all()) run->request_stop(StopCause::shutdown);
    co_await group_.join();
    recovery_->stop();
    co_await recovery_group_.join();
    co_await recovery_->farewell();
}

}  // namespace agentic::services
