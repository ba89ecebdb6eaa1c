#include "services/authenticator_cache.hpp"

#include <algorithm>

namespace agentic::auth {

PrincipalCache::PrincipalCache(const Clock& clock, std::size_t entries_max) : clock_(clock), shard_entries_max_(std::max<std::size_t>(entries_max / kShards, 1)) {}

std::optional<Principal> PrincipalCache::find(std::string_view credential) {
    const auto now = clock_.steady();
    auto& shard = shard_of(credential);
    const std::lock_guard lock(shard.mutex);
    const auto found = shard.entries.find(credential);
    if (found == shard.entries.end()) return std::nullopt;
    auto& entry = found->second;
    if (now >= entry.until || entry.generation != generation_of(entry.principal.tenant_id)) return std::nullopt;
    if (now >= entry.renew_at && !entry.renewing) {
        entry.renewing = true;
        return std::nullopt;
    }
    return entry.principal;
}

void PrincipalCache::store(std::string_view credential, Principal principal, Asked asked, std::chrono::microseconds valid_for) {
    // The mirror image of forget(): whichever way the two interleave, the entry is not kept or its generation is an old one.
    const auto generation = generation_of(principal.tenant_id);
    if (changes_.load() != asked.changes) return;
    const auto until = asked.at + std::min<std::chrono::steady_clock::duration>(kKeep, valid_for);
    Entry entry{.principal = std::move(principal), .generation = generation, .renew_at = asked.at + kRenew, .until = until};
    auto& shard = shard_of(credential);
    const std::lock_guard lock(shard.mutex);
    if (shard.entries.size() >= shard_entries_max_) make_room(shard, asked.at);
    shard.entries.insert_or_assign(std::string(credential), std::move(entry));
}

void PrincipalCache::forget(const Uuid& tenant_id) {
    changes_.fetch_add(1);
    generations_[std::hash<Uuid>()(tenant_id) % kGenerations].fetch_add(1);
}

/// Credentials end in random characters, so their last ones spread them without hashing the whole text twice.
PrincipalCache::Shard& PrincipalCache::shard_of(std::string_view credential) {
    if (credential.size() < 3) return shards_[0];
    const auto spread = static_cast<unsigned char>(credential[credential.size() - 2]) * 7u ^ static_cast<unsigned char>(credential[credential.size() - 3]);
    return shards_[spread % kShards];
}

std::uint64_t PrincipalCache::generation_of(const Uuid& tenant_id) const { return generations_[std::hash<Uuid>()(tenant_id) % kGenerations].load(); }

/// Dead entries go first; when all live, all go: they are rebuilt within one question each, which is cheaper than keeping an order.
void PrincipalCache::make_room(Shard& shard, std::chrono::steady_clock::time_point now) const {
    std::erase_if(shard.entries, [&](const auto& item) { return now >= item.second.until; });
    if (shard.entries.size() >= shard_entries_max_) shard.entries.clear();
}

}  // namespace agentic::auth
