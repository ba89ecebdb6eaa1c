#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/tenant.hpp"
#include "embeddings/embedder.hpp"

namespace agentic::embeddings {

/// SHA-256 over tenant, vector space, purpose and text: no tenant can tell from an answer's time what another has embedded. The space names everything that
/// the vectors of a text depend on.
using CacheKey = std::array<std::uint8_t, 32>;
CacheKey cache_key(TenantScope tenant, std::string_view space, Purpose purpose, std::string_view text);

/// The rows of one text.
using Rows = std::shared_ptr<const std::vector<float>>;

/// Vectors of texts seen lately, at most so many bytes: the least recently used go first. Thread-safe.
class VectorCache {
public:
    explicit VectorCache(std::size_t max_bytes) : max_bytes_(max_bytes) {}

    Rows get(const CacheKey& key);  // nullptr when it is not there
    void put(const CacheKey& key, Rows rows);
    std::size_t bytes() const;

private:
    struct KeyHash {
        std::size_t operator()(const CacheKey& key) const;
    };
    using Entry = std::pair<CacheKey, Rows>;

    static std::size_t cost(const Rows& rows);

    const std::size_t max_bytes_;
    mutable std::mutex mutex_;
    std::size_t bytes_ = 0;
    std::list<Entry> entries_;  // the last used first
    std::unordered_map<CacheKey, std::list<Entry>::iterator, KeyHash> places_;
};

inline constexpr std::chrono::days kSharedVectorLife{7};

/// A cache that several servers share (Redis), behind the one in memory. It never fails and bounds its own time: what it cannot answer it has not got.
class SharedVectorCache {
public:
    virtual ~SharedVectorCache() = default;
    /// One entry for each key.
    virtual Awaitable<std::vector<std::optional<std::vector<float>>>> get(TenantScope tenant, std::vector<CacheKey> keys) = 0;
    /// Begins to store, and returns at once.
    virtual void put(TenantScope tenant, const std::vector<std::pair<CacheKey, Rows>>& rows, std::chrono::seconds life) = 0;
};

}  // namespace agentic::embeddings
