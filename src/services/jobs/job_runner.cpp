#include "services/jobs/job_runner.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <utility>

#include "core/fault.hpp"
#include "core/log.hpp"

namespace agentic::services {
namespace {

constexpr std::chrono::milliseconds kStorePause{500};
constexpr int kTenantsPerRound = 256;

SystemScope runner_scope() { return SystemScope::because("the job runner serves all tenants in turn"); }

/// Whether the same work may succeed later.
bool is_transient(ErrorCode code) {
    switch (code) {
        case ErrorCode::unavailable:
        case ErrorCode::upstream_error:
        case ErrorCode::deadline_exceeded:
        case ErrorCode::rate_limited:
        case ErrorCode::storage_full:
        case ErrorCode::internal_error: return true;
        default: return false;
    }
}

bool is_fenced(const Error& error) { return db::JobRepository::is_fenced(error); }

}  // namespace

void JobTask::request_stop(Stop cause) {
    auto none = Stop::none;
    if (!stop_.compare_exchange_strong(none, cause)) return;
    asio::post(home_, [self = shared_from_this()] { self->cancel_.emit(asio::cancellation_type::terminal); });
}

JobRunner::JobRunner(const Clock& clock, db::Executor& db, std::function<Uuid()> owner, JobRunnerLimits limits)
    : clock_(clock), db_(db), owner_(std::move(owner)), limits_(limits) {}

JobRunner::~JobRunner() = default;

void JobRunner::add(JobHandler& handler) { handlers_.emplace(handler.kind(), &handler); }

void JobRunner::start(std::vector<IoExecutor> executors) {
    executors_ = std::move(executors);
    loop_group_.spawn(executors_.front(), loop());
}

Awaitable<void> JobRunner::stop() {
    stopping_ = true;
    wake();
    co_await loop_group_.join();
    group_.close();
    std::vector<std::shared_ptr<JobTask>> tasks;
    {
        const std::scoped_lock lock(mutex_);
        for (const auto& [claim, task] : tasks_) tasks.push_back(task);
    }
    for (const auto& task : tasks) task->request_stop(JobTask::Stop::shutdown);
    co_await group_.join();
}

void JobRunner::wake() {
    std::shared_ptr<async::Wakeup> wakeup;
    {
        const std::scoped_lock lock(mutex_);
        wakeup = wakeup_.lock();
    }
    if (wakeup) wakeup->ring();
}

void JobRunner::interrupt(const std::vector<Uuid>& jobs) {
    const std::scoped_lock lock(mutex_);
    for (const auto& [claim, task] : tasks_) {
        if (std::ranges::contains(jobs, claim.first)) task->request_stop(JobTask::Stop::cancelled);
    }
}

std::size_t JobRunner::running() const {
    const std::scoped_lock lock(mutex_);
    return tasks_.size();
}

std::size_t JobRunner::running_of(const Uuid& tenant) const {
    const std::scoped_lock lock(mutex_);
    return static_cast<std::size_t>(std::ranges::count_if(tasks_, [&](const auto& entry) { return entry.second->row.tenant_id == tenant; }));
}

Awaitable<void> JobRunner::loop() {
    const auto wakeup = async::Wakeup::create(co_await asio::this_coro::executor);
    {
        const std::scoped_lock lock(mutex_);
        wakeup_ = wakeup;
    }
    while (!stopping_) {
        try {
            co_await look_after();
            co_await fill_places();
        } catch (const std::exception& error) {
            log::error("job_runner_failed", "A round of the job runner failed", {{"error", error.what()}});
        }
        if (!stopping_) co_await wakeup->wait(clock_.steady() + limits_.poll);
    }
}

Awaitable<void> JobRunner::look_after() {
    const auto now = clock_.steady();
    if (looked_after_ != std::chrono::steady_clock::time_point{} && now < looked_after_ + limits_.look_after) co_return;
    db::JobRepository jobs(db_);
    const auto recovered = co_await jobs.recover(runner_scope(), clock_.now());
    if (!recovered) co_return;
    looked_after_ = now;
    if (*recovered > 0) log::info("jobs_recovered", "Jobs of a process that is gone are begun again", {{"jobs", *recovered}});
    std::map<Claim, std::shared_ptr<JobTask>> tasks;  // before the rows; nothing is claimed meanwhile, since this coroutine does that
    {
        const std::scoped_lock lock(mutex_);
        tasks = tasks_;
    }
    const auto owner = owner_();
    const auto held = co_await jobs.held_by(runner_scope(), owner);
    if (!held) co_return;
    std::set<Claim> claims, adrift;
    std::vector<db::HeldJobRow> lost;
    for (const auto& row : *held) {
        const Claim claim{row.id, row.attempts};
        claims.insert(claim);
        if (tasks.contains(claim)) continue;
        if (adrift_.contains(claim)) lost.push_back(row);
        else adrift.insert(claim);
    }
    adrift_ = std::move(adrift);
    for (const auto& [claim, task] : tasks) {
        if (!claims.contains(claim)) task->request_stop(JobTask::Stop::cancelled);
    }
    if (!lost.empty()) co_await put_back(owner, std::move(lost));
}

/// Jobs that this process holds and does not work on: the answer to a claim was lost, or an end could not be stored. Nobody would take them from a process that
/// lives. The attempt counts, as that of a dead process does.
Awaitable<void> JobRunner::put_back(Uuid owner, std::vector<db::HeldJobRow> adrift) {
    for (const auto& row : adrift) {
        const auto scope = TenantScope::system(row.tenant_id, "a job of this tenant is in nobody's hands");
        const auto now = clock_.now();
        db::Batch batch;
        batch.push_back(db::JobRepository::again_step(scope, {.job_id = row.id, .owner = owner, .attempt = row.attempts}, row.attempts, "The attempt was lost", now, now));
        const auto stored = co_await db_.batch(scope, std::move(batch));
        if (stored) log::warning("job_put_back", "A job that was claimed and not worked on is begun again", {{"job_id", row.id.to_string()}, {"attempt", row.attempts}});
    }
}

Awaitable<void> JobRunner::fill_places() {
    while (!stopping_ && running() < limits_.running_max) {
        const auto task = co_await claim_next();
        if (!task || !*task) co_return;
        {
            const std::scoped_lock lock(mutex_);
            tasks_.emplace(claim_of(**task), *task);
        }
        if (!group_.spawn((*task)->home(), work(*task))) co_return;
    }
}

Task<std::shared_ptr<JobTask>> JobRunner::claim_next() {
    db::JobRepository jobs(db_);
    // With several places, one is kept from a tenant that has all the others.
    const auto per_tenant_max = std::max<std::size_t>(1, limits_.running_max - 1);
    Uuid after = last_tenant_;
    bool wrapped = after.is_nil();
    for (int i = 0; i < kTenantsPerRound; ++i) {
        AGENTIC_CO_TRY(const auto tenant, co_await jobs.next_tenant(runner_scope(), after, clock_.now()));
        if (!tenant) {
            if (wrapped) break;
            wrapped = true;
            after = Uuid();
            continue;
        }
        after = *tenant;
        if (running_of(*tenant) >= per_tenant_max) continue;
        const auto scope = TenantScope::system(*tenant, "a job of this tenant is due");
        AGENTIC_CO_TRY(auto row, co_await jobs.claim(scope, owner_(), clock_.now()));
        if (!row) continue;
        last_tenant_ = *tenant;
        fault::point("job.claimed");
        const auto home = executors_[next_executor_++ % executors_.size()];
        co_return std::make_shared<JobTask>(home, scope, *std::move(row));
    }
    co_return nullptr;
}

Awaitable<void> JobRunner::work(std::shared_ptr<JobTask> task) {
    std::exception_ptr failure;
    try {
        co_await attempt(*task);
    } catch (...) {
        failure = std::current_exception();
    }
    {
        const std::scoped_lock lock(mutex_);
        tasks_.erase(claim_of(*task));
    }
    wake();
    if (failure) std::rethrow_exception(failure);
}

Awaitable<void> JobRunner::attempt(JobTask& task) {
    const auto found = handlers_.find(task.row.kind);
    if (found == handlers_.end()) {
        co_await give_up(nullptr, task, Error{.code = ErrorCode::bad_request, .public_message = "This program does not know jobs of the kind " + task.row.kind});
    } else if (task.row.attempts > task.row.max_attempts) {
        co_await give_up(found->second, task, Error{.code = ErrorCode::internal_error, .public_message = "The work was cut off " + std::to_string(task.row.max_attempts) + " times and is given up"});
    } else {
        const auto started = clock_.steady();
        auto result = co_await run_handler(*found->second, task);
        if (observer_) observer_(task.row.kind, result ? "ok" : to_string(result.error().code), clock_.steady() - started);
        co_await end(found->second, task, std::move(result));
    }
}

Task<db::Batch> JobRunner::run_handler(JobHandler& handler, JobTask& task) {
    try {
        co_return co_await handler.run(task);
    } catch (const std::exception& error) {
        if (task.is_stopped()) co_return JobTask::stopped();
        log::error("job_failed", "A job met an exception", {{"job", task.row.kind}, {"job_id", task.row.id.to_string()}, {"error", error.what()}});
        co_return fail(ErrorCode::internal_error, "The server met a fault of its own", error.what());
    }
}

Awaitable<void> JobRunner::end(JobHandler* handler, JobTask& task, Result<db::Batch> result) {
    if (task.stop_cause() == JobTask::Stop::cancelled) co_return;  // its row says so already
    const auto now = clock_.now();
    if (result) {
        db::Batch batch;
        batch.push_back(db::JobRepository::finish_step(task.tenant, task.lease(), JobState::completed, std::nullopt, now));
        for (auto& step : *result) batch.push_back(std::move(step));
        fault::point("job.end.before");
        const auto stored = co_await store(task, std::move(batch));
        if (stored) {
            fault::point("job.end.committed");
            co_await handler->ended(task, true);
            co_return;
        }
        if (is_fenced(stored.error())) co_return;
        result = std::unexpected(stored.error());
    }
    auto error = std::move(result).error();
    if (is_fenced(error)) co_return;
    if (task.stop_cause() == JobTask::Stop::shutdown) {
        db::Batch batch;
        batch.push_back(db::JobRepository::again_step(task.tenant, task.lease(), task.row.attempts - 1, task.row.error, now, now));
        (void)co_await store(task, std::move(batch));
    } else if (is_transient(error.code) && task.row.attempts < task.row.max_attempts) {
        auto delay = limits_.retry_delay;
        for (std::int64_t i = 1; i < task.row.attempts; ++i) delay *= 5;
        log::warning("job_retried", "A job has failed and will be tried again: " + error.public_message,
                     {{"job", task.row.kind}, {"job_id", task.row.id.to_string()}, {"attempt", task.row.attempts}, {"context", error.internal_context}});
        db::Batch batch;
        batch.push_back(db::JobRepository::again_step(task.tenant, task.lease(), task.row.attempts, error.public_message, now.plus(delay), now));
        (void)co_await store(task, std::move(batch));
    } else {
        co_await give_up(handler, task, std::move(error));
    }
}

Awaitable<void> JobRunner::give_up(JobHandler* handler, JobTask& task, Error error) {
    const auto now = clock_.now();
    log::info("job_given_up", "A job has failed: " + error.public_message, {{"job", task.row.kind}, {"job_id", task.row.id.to_string()}, {"context", error.internal_context}});
    db::Batch batch;
    batch.push_back(db::JobRepository::finish_step(task.tenant, task.lease(), JobState::failed, error.public_message, now));
    if (handler != nullptr) {
        for (auto& step : handler->given_up(task, error, now)) batch.push_back(std::move(step));
    }
    const auto stored = co_await store(task, std::move(batch));
    if (stored && handler != nullptr) co_await handler->ended(task, false);
}

/// Tries until the database takes it: an end that is not stored would leave the row claimed for as long as this process lives.
Awaitable<Result<void>> JobRunner::store(JobTask& task, db::Batch batch) {
    auto wakeup = async::Wakeup::create(co_await asio::this_coro::executor);
    for (;;) {
        auto stored = co_await db_.batch(task.tenant, batch);
        if (stored) co_return Result<void>{};
        const bool may_pass = is_transient(stored.error().code);
        if (!may_pass || stopping_) co_return std::unexpected(std::move(stored).error());
        log::warning("job_store_failed", "The end of a job cannot be stored yet", {{"job_id", task.row.id.to_string()}, {"error", stored.error().public_message}});
        co_await wakeup->wait(std::chrono::steady_clock::time_point(clock_.steady() + kStorePause));
    }
}

}  // namespace agentic::services
