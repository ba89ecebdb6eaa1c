#pragma once
#include <array>
#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/tenant.hpp"
#include "services/runs/run_channel.hpp"
#include "services/runs/run_types.hpp"

namespace agentic::services {

/// A run that this process works on (or will, when its turn comes): its events and the way to stop it. Shared by its driver, which lives on one
/// I/O thread, and whoever watches or cancels it from any other.
class LiveRun : public std::enable_shared_from_this<LiveRun> {
public:
    LiveRun(IoExecutor home, Uuid tenant, Uuid run, Uuid conversation, std::int64_t first_sequence)
        : tenant_id(tenant), run_id(run), conversation_id(conversation), channel(first_sequence), home_(home) {}

    const Uuid tenant_id, run_id, conversation_id;
    RunChannel channel;

    /// Asks the driver to stop; the first cause wins. Thread-safe. Closes the connection to the model when one is open.
    void request_stop(StopCause cause);
    StopCause stop_cause() const { return stop_; }
    bool is_stopped() const { return stop_ != StopCause::none; }

    /// Awaits `task` so that a stop cancels it. For the driver, which looks at is_stopped() before and after.
    template <class T>
    Awaitable<T> stoppable(Awaitable<T> task) {
        co_return co_await asio::co_spawn(home_, std::move(task), asio::bind_cancellation_slot(cancel_.slot(), asio::use_awaitable_t<IoExecutor>{}));
    }

    /// Whether its turn has come: `running` and no longer `queued`.
    bool has_begun() const { return has_begun_; }
    void mark_begun() { has_begun_ = true; }

    IoExecutor home() const { return home_; }

private:
    const IoExecutor home_;
    std::atomic<StopCause> stop_{StopCause::none};
    std::atomic<bool> has_begun_ = false;
    asio::cancellation_signal cancel_;  // home thread alone
};

/// The live runs of this process. Thread-safe.
class RunHub {
public:
    void add(std::shared_ptr<LiveRun> run);
    /// Nothing when another has taken its place: the same run, continued.
    void remove(const LiveRun& run);
    /// nullptr unless the run is live here and belongs to the tenant: the one way from an id to a stream.
    std::shared_ptr<LiveRun> find(TenantScope scope, const Uuid& run_id) const;
    /// For the platform's own work: a cancel wish, recovery.
    std::shared_ptr<LiveRun> find(SystemScope scope, const Uuid& run_id) const;
    std::vector<std::shared_ptr<LiveRun>> all() const;
    std::size_t size() const { return size_; }

private:
    struct Shard {
        mutable std::mutex mutex;
        std::unordered_map<Uuid, std::shared_ptr<LiveRun>> runs;
    };
    const Shard& shard_of(const Uuid& id) const { return shards_[std::hash<Uuid>{}(id) % shards_.size()]; }
    Shard& shard_of(const Uuid& id) { return shards_[std::hash<Uuid>{}(id) % shards_.size()]; }

    std::array<Shard, 16> shards_;
    std::atomic<std::size_t> size_ = 0;
};

}  // namespace agentic::services
