#pragma once
#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <vector>

#include "services/runs/run_service.hpp"

namespace agentic::services {

/// Keeps this process's leases alive and takes over those of dead ones. A run's lease is its owner's heartbeat: one row write renews all of them.
/// Whether another process is dead is judged by watching its heartbeat on our own monotonic clock, never by comparing wall clocks. On the embedded
/// database everybody else is dead for sure, because this process owns the file.
class RunRecovery {
public:
    static constexpr std::chrono::seconds kBeat{5};
    static constexpr std::chrono::seconds kLease{15};   // without a beat for so long: dead
    static constexpr std::int64_t kAttemptsMax = 3;

    RunRecovery(RunService& runs, std::vector<IoExecutor> executors);

    /// Registers this process and does the first round.
    Task<> begin();
    /// Beats and looks around until stopped.
    Awaitable<void> loop();
    void stop();
    /// Says good-bye, so that others need not wait for the lease to run out.
    Awaitable<void> farewell();

    /// The name under which new runs are leased. Changes when others have given this process up.
    Uuid owner() const;
    /// A run of ours was left without an end: it is looked for at the next round.
    void has_abandoned() { abandoned_ = true; ring(); }

private:
    void ring() { if (const auto wakeup = wakeup_.lock()) wakeup->ring(); }
    Awaitable<void> round();
    Task<> enrol();
    Awaitable<bool> beat();
    Awaitable<void> hear_cancel_wishes();
    Task<> take_over_from(Uuid dead);
    Task<bool> adopt(db::RunRow row);
    Task<RunTask> prepare(TenantScope tenant, db::RunRow row, IoExecutor home);
    bool is_dead(Uuid owner, std::int64_t heartbeat);
    IoExecutor next_executor() { return executors_[next_++ % executors_.size()]; }

    struct Seen {
        std::int64_t heartbeat;
        std::chrono::steady_clock::time_point since;
    };

    RunService& runs_;
    std::vector<IoExecutor> executors_;
    std::size_t next_ = 0;
    std::map<Uuid, Seen> seen_;
    std::shared_ptr<async::Wakeup> unstarted_wakeup_;  // until the loop takes it: it ends with the loop, on the loop's own thread
    std::weak_ptr<async::Wakeup> wakeup_;
    std::atomic<bool> stopping_ = false;
    std::atomic<bool> abandoned_ = false;
    mutable std::mutex owner_mutex_;
    Uuid owner_;
};

}  // namespace agentic::services
