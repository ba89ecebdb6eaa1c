#pragma once
#include <string>
#include <string_view>

#include "embeddings/redis_link.hpp"
#include "embeddings/vector_cache.hpp"

namespace agentic::embeddings {

/// Vectors in Redis: key `agentic:embedding:1:<tenant>:<hash>`, value 32-bit floats, little-endian, one row behind the other.
class RedisVectorCache final : public SharedVectorCache {
public:
    explicit RedisVectorCache(RedisLink& link) : link_(link) {}

    Awaitable<std::vector<std::optional<std::vector<float>>>> get(TenantScope tenant, std::vector<CacheKey> keys) override;
    void put(TenantScope tenant, const std::vector<std::pair<CacheKey, Rows>>& rows, std::chrono::seconds life) override;

private:
    RedisLink& link_;
};

std::string redis_key(TenantScope tenant, const CacheKey& key);
std::string pack_floats(const std::vector<float>& values);
/// nullopt for what no pack_floats() has made.
std::optional<std::vector<float>> unpack_floats(std::string_view bytes);

}  // namespace agentic::embeddings
