#include "services/runs/run_gate.hpp"

#include <algorithm>
#include <boost/asio/this_coro.hpp>

namespace agentic::services {

RunPermit& RunPermit::operator=(RunPermit&& other) noexcept {
    release();
    gate_ = std::exchange(other.gate_, nullptr);
    tenant_id_ = other.tenant_id_;
    return *this;
}

void RunPermit::release() {
    if (auto* gate = std::exchange(gate_, nullptr)) gate->leave(tenant_id_);
}

std::optional<RunPermit> RunGate::try_enter(Uuid tenant_id) {
    const std::scoped_lock lock(mutex_);
    if (running_ >= limits_.running_max) return std::nullopt;
    auto& tenant = tenants_[tenant_id];
    if (tenant.running >= limits_.running_per_tenant_max || !tenant.waiting.empty()) return std::nullopt;
    ++running_;
    ++tenant.running;
    return RunPermit(this, tenant_id);
}

Awaitable<std::optional<RunPermit>> RunGate::enter(Uuid tenant_id, std::chrono::steady_clock::time_point until) {
    if (auto permit = try_enter(tenant_id)) co_return permit;
    auto waiter = std::make_shared<Waiter>(async::Wakeup::create(co_await asio::this_coro::executor));
    {
        const std::scoped_lock lock(mutex_);
        auto& tenant = tenants_[tenant_id];
        if (tenant.waiting.empty()) round_.push_back(tenant_id);
        tenant.waiting.push_back(waiter);
        ++waiting_;
        admit();  // a place may have become free since try_enter
    }
    co_await waiter->wakeup->wait(until);
    {
        const std::scoped_lock lock(mutex_);
        if (waiter->is_granted) co_return RunPermit(this, tenant_id);
        give_up(tenant_id, waiter);
    }
    co_return std::nullopt;
}

void RunGate::leave(const Uuid& tenant_id) {
    const std::scoped_lock lock(mutex_);
    --running_;
    --tenants_[tenant_id].running;
    admit();
    forget_if_idle(tenant_id);
}

void RunGate::admit() {
    // Each waiting tenant is asked once per call: who is at its own cap stays in the round without a place.
    for (auto left = round_.size(); left > 0 && running_ < limits_.running_max; --left) {
        const auto id = round_.front();
        round_.pop_front();
        auto& tenant = tenants_[id];
        if (tenant.running < limits_.running_per_tenant_max) {
            const auto waiter = std::move(tenant.waiting.front());
            tenant.waiting.pop_front();
            --waiting_;
            ++running_;
            ++tenant.running;
            waiter->is_granted = true;
            waiter->wakeup->ring();
        }
        if (!tenant.waiting.empty()) round_.push_back(id);
    }
}

void RunGate::give_up(const Uuid& tenant_id, const std::shared_ptr<Waiter>& waiter) {
    auto& tenant = tenants_[tenant_id];
    std::erase(tenant.waiting, waiter);
    --waiting_;
    if (tenant.waiting.empty()) std::erase(round_, tenant_id);
    forget_if_idle(tenant_id);
}

void RunGate::forget_if_idle(const Uuid& tenant_id) {
    const auto tenant = tenants_.find(tenant_id);
    if (tenant != tenants_.end() && tenant->second.running == 0 && tenant->second.waiting.empty()) tenants_.erase(tenant);
}

std::size_t RunGate::running() const {
    const std::scoped_lock lock(mutex_);
    return running_;
}

std::size_t RunGate::waiting() const {
    const std::scoped_lock lock(mutex_);
    return waiting_;
}

}  // namespace agentic::services
