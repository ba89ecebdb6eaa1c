#pragma once
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <optional>
#include <span>

#include "db/executor.hpp"

namespace agentic::db::sqlite {

Error busy(std::string context);

/// Steps on their way through another thread. Lives in the waiting coroutine's frame, so queueing it allocates nothing; whoever takes it from a
/// queue must complete it.
struct Job {
    Job(const Scope& whose, std::span<const Step> what, std::span<Rows> results) : scope(whose), steps(what), rows(results) {}

    Scope scope;
    std::span<const Step> steps;
    std::span<Rows> rows;
    std::optional<Error> error;
    std::exception_ptr failure;  // a bug: rethrown to the caller

    Job* next = nullptr;  // of the jobs that resume together
    std::optional<asio::executor_work_guard<IoExecutor>> home;
    std::move_only_function<void()> resume;

    std::chrono::steady_clock::time_point queued = std::chrono::steady_clock::now();

    /// Whoever takes it from a queue asks first whether it has waited for too long.
    void fail_if_late(std::chrono::milliseconds limit);
    bool succeeded() const { return !error && !failure; }
    Result<void> outcome() {
        if (failure) std::rethrow_exception(failure);
        if (error) return std::unexpected(*std::move(error));
        return {};
    }
};

/// Resumes the callers of all jobs in the list on their own I/O threads, with one wake-up for each run of jobs of the same thread.
void complete(std::span<Job* const> jobs);

/// Suspends until `job` is completed. `submit(job)` returns false when the queue is full or closed.
template <class Submit>
Task<> run_elsewhere(Job& job, Submit submit) {
    const auto home = co_await asio::this_coro::executor;
    asio::use_awaitable_t<IoExecutor> token;
    co_await asio::async_initiate<asio::use_awaitable_t<IoExecutor>, void()>(
        [&](auto handler) {
            job.home.emplace(home);
            job.resume = std::move(handler);
            if (submit(job)) return;  // from here on the job belongs to another thread
            job.error = busy("the queue is full or closed");
            Job* const refused = &job;
            complete({&refused, 1});
        },
        token);
    co_return job.outcome();
}

}  // namespace agentic::db::sqlite
