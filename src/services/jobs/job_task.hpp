#pragma once
#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>

#include "core/tenant.hpp"
#include "db/repositories/jobs.hpp"

namespace agentic::services {

/// A claimed job on its way through its handler, on one I/O thread; asked to stop from any.
class JobTask : public std::enable_shared_from_this<JobTask> {
public:
    /// `cancelled`: the row says so, or belongs to another process now. `shutdown`: the job goes back into the queue.
    enum class Stop : std::uint8_t { none, cancelled, shutdown };

    JobTask(IoExecutor home, TenantScope tenant_scope, db::JobRow job) : tenant(tenant_scope), row(std::move(job)), home_(home) {}

    const TenantScope tenant;
    const db::JobRow row;

    db::JobLease lease() const { return {.job_id = row.id, .owner = row.lease_owner.value_or(Uuid{}), .attempt = row.attempts}; }
    IoExecutor home() const { return home_; }

    /// The first cause wins. Thread-safe.
    void request_stop(Stop cause);
    Stop stop_cause() const { return stop_; }
    bool is_stopped() const { return stop_ != Stop::none; }

    /// Awaits what may take long, so that a stop cancels it: then it fails with `cancelled`.
    template <class T>
    Task<T> stoppable(Task<T> work) {
        if (is_stopped()) co_return stopped();
        try {
            co_return co_await asio::co_spawn(home_, std::move(work), asio::bind_cancellation_slot(cancel_.slot(), asio::use_awaitable_t<IoExecutor>{}));
        } catch (const boost::system::system_error&) {
            if (!is_stopped()) throw;
        }
        co_return stopped();
    }
    static std::unexpected<Error> stopped() { return fail(ErrorCode::cancelled, "The job was stopped"); }

private:
    const IoExecutor home_;
    std::atomic<Stop> stop_{Stop::none};
    asio::cancellation_signal cancel_;  // home thread alone
};

}  // namespace agentic::services
