#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "db/executor.hpp"

namespace agentic::db::sqlite {

/// Counts committed writes per tenant and table, for Executor::change_mark. A fixed table of counters: two tenants that share one only see
/// changes that were not theirs. Written by the writer thread, read by any.
class ChangeMarks {
public:
    void bump(const Scope& scope, std::string_view table) {
        auto& counter = scope.tenant_id() ? of_tenants_[slot(*scope.tenant_id(), table)] : of_everyone_;
        counter.fetch_add(1, std::memory_order_release);
    }
    std::uint64_t mark(const Uuid& tenant, std::string_view table) const {
        return of_tenants_[slot(tenant, table)].load(std::memory_order_acquire) + of_everyone_.load(std::memory_order_acquire);
    }

private:
    static constexpr std::size_t kSlots = 4096;

    static std::size_t slot(const Uuid& tenant, std::string_view table) {
        return (std::hash<Uuid>{}(tenant) ^ std::hash<std::string_view>{}(table)) % kSlots;
    }

    std::array<std::atomic<std::uint64_t>, kSlots> of_tenants_{};
    std::atomic<std::uint64_t> of_everyone_{0};
};

}  // namespace agentic::db::sqlite
