#pragma once
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/clock.hpp"
#include "core/tenant.hpp"

namespace agentic::auth {

/// Credentials that were verified a moment ago, with the principal the database then named. Thread-safe, bounded, in memory only.
///
/// An entry answers for `kKeep` at most: that bounds how long a change made by another process goes unseen (the promise is 5 s). Changes made by
/// this process are seen at once, through forget().
class PrincipalCache {
public:
    static constexpr std::chrono::milliseconds kKeep{4000};
    /// From this age on one caller at a time is sent to the database, while the others still get the old answer.
    static constexpr std::chrono::milliseconds kRenew{2000};

    explicit PrincipalCache(const Clock& clock, std::size_t entries_max = 65'536);

    std::optional<Principal> find(std::string_view credential);

    /// What is known before the database is asked, when the tenant may not be known yet.
    struct Asked {
        std::uint64_t changes;
        std::chrono::steady_clock::time_point at;
    };
    Asked about_to_ask() const { return {changes_.load(), clock_.steady()}; }

    /// Keeps an answer, unless a forget() may have overtaken it. `valid_for`: how long the credential itself still lives.
    void store(std::string_view credential, Principal principal, Asked asked, std::chrono::microseconds valid_for);

    /// Nothing that is known about principals of this tenant holds any more. The nil id stands for the platform's administrators.
    void forget(const Uuid& tenant_id);

private:
    struct Entry {
        Principal principal;
        std::uint64_t generation;
        std::chrono::steady_clock::time_point renew_at;
        std::chrono::steady_clock::time_point until;
        bool renewing = false;
    };
    struct Hash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
    };
    struct alignas(64) Shard {
        std::mutex mutex;
        std::unordered_map<std::string, Entry, Hash, std::equal_to<>> entries;
    };

    static constexpr std::size_t kShards = 16;
    static constexpr std::size_t kGenerations = 1024;  // tenants share counters: a collision only costs a question to the database

    Shard& shard_of(std::string_view credential);
    std::uint64_t generation_of(const Uuid& tenant_id) const;
    void make_room(Shard& shard, std::chrono::steady_clock::time_point now) const;

    const Clock& clock_;
    std::size_t shard_entries_max_;
    std::array<Shard, kShards> shards_;
    std::atomic<std::uint64_t> changes_ = 0;  // calls of forget()
    std::array<std::atomic<std::uint64_t>, kGenerations> generations_{};
};

}  // namespace agentic::auth
