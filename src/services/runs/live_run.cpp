#include "services/runs/live_run.hpp"

#include <boost/asio/post.hpp>

namespace agentic::services {

void LiveRun::request_stop(StopCause cause) {
    auto none = StopCause::none;
    if (!stop_.compare_exchange_strong(none, cause)) return;
    // Posted even from the home thread: a stop asked for inside the model's own callback must not destroy the frame it is called from.
    asio::post(home_, [self = shared_from_this()] { self->cancel_.emit(asio::cancellation_type::terminal); });
}

void RunHub::add(std::shared_ptr<LiveRun> run) {
    auto& shard = shard_of(run->run_id);
    const std::scoped_lock lock(shard.mutex);
    const auto id = run->run_id;
    if (shard.runs.insert_or_assign(id, std::move(run)).second) ++size_;
}

void RunHub::remove(const LiveRun& run) {
    auto& shard = shard_of(run.run_id);
    const std::scoped_lock lock(shard.mutex);
    const auto found = shard.runs.find(run.run_id);
    if (found == shard.runs.end() || found->second.get() != &run) return;
    shard.runs.erase(found);
    --size_;
}

std::shared_ptr<LiveRun> RunHub::find(SystemScope, const Uuid& run_id) const {
    const auto& shard = shard_of(run_id);
    const std::scoped_lock lock(shard.mutex);
    const auto found = shard.runs.find(run_id);
    return found == shard.runs.end() ? nullptr : found->second;
}

std::shared_ptr<LiveRun> RunHub::find(TenantScope scope, const Uuid& run_id) const {
    auto run = find(SystemScope::because("the tenant is compared on the next line"), run_id);
    return run && run->tenant_id == scope.tenant_id() ? run : nullptr;
}

std::vector<std::shared_ptr<LiveRun>> RunHub::all() const {
    std::vector<std::shared_ptr<LiveRun>> out;
    for (const auto& shard : shards_) {
        const std::scoped_lock lock(shard.mutex);
        for (const auto& [id, run] : shard.runs) out.push_back(run);
    }
    return out;
}

}  // namespace agentic::services
