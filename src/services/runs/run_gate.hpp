#pragma once
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "async/wakeup.hpp"
#include "core/uuid.hpp"

namespace agentic::services {

/// How many runs may work at once; the others wait as `queued`.
struct RunGateLimits {
    std::size_t running_max = 4'096;            // of this process
    std::size_t running_per_tenant_max = 2'048;
    std::size_t waiting_max = 10'000;           // of this process, in memory; what is beyond is refused, so that a full house says so
    std::size_t waiting_per_conversation_max = 64;
};

class RunGate;

/// One running place; given back when it dies.
class RunPermit {
public:
    RunPermit() = default;
    RunPermit(RunPermit&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)), tenant_id_(other.tenant_id_) {}
    RunPermit& operator=(RunPermit&& other) noexcept;
    ~RunPermit() { release(); }
    void release();

private:
    friend class RunGate;
    RunPermit(RunGate* gate, Uuid tenant_id) : gate_(gate), tenant_id_(tenant_id) {}

    RunGate* gate_ = nullptr;
    Uuid tenant_id_;
};

/// Admission of runs: a cap for the process, one per tenant, and among waiting tenants round robin, so that a tenant with a thousand waiting runs
/// delays another's first by one run at most. Thread-safe; outlives every permit.
class RunGate {
public:
    explicit RunGate(RunGateLimits limits) : limits_(limits) {}

    /// At once or not at all; never ahead of somebody who waits.
    std::optional<RunPermit> try_enter(Uuid tenant_id);
    /// Waits; nullopt when it is not this run's turn by `until`, or the waiting coroutine was cancelled (its place is given up).
    Awaitable<std::optional<RunPermit>> enter(Uuid tenant_id, std::chrono::steady_clock::time_point until);

    const RunGateLimits& limits() const { return limits_; }
    std::size_t running() const;
    std::size_t waiting() const;

private:
    friend class RunPermit;
    struct Waiter {
        std::shared_ptr<async::Wakeup> wakeup;
        bool is_granted = false;
    };
    struct Tenant {
        std::size_t running = 0;
        std::deque<std::shared_ptr<Waiter>> waiting;
    };

    void leave(const Uuid& tenant_id);
    void admit();  // with the mutex held
    void give_up(const Uuid& tenant_id, const std::shared_ptr<Waiter>& waiter);
    void forget_if_idle(const Uuid& tenant_id);

    const RunGateLimits limits_;
    mutable std::mutex mutex_;
    std::size_t running_ = 0;
    std::size_t waiting_ = 0;
    std::unordered_map<Uuid, Tenant> tenants_;
    std::deque<Uuid> round_;  // tenants that wait, next first
};

}  // namespace agentic::services
