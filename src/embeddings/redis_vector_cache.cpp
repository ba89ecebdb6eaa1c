#include "embeddings/redis_vector_cache.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#include "core/encoding.hpp"

namespace agentic::embeddings {
namespace {

constexpr std::size_t kKeysMax = 256;                  // of one call; the rest is calculated
constexpr std::size_t kValueBytesMax = 128U << 10;     // a longer text's rows are not worth the transfer

static_assert(std::endian::native == std::endian::little, "vectors are stored as they lie in memory");

}  // namespace

std::string redis_key(TenantScope tenant, const CacheKey& key) {
    // The number is that of the format: of values, of windows over a long text, of whatever makes the same model answer otherwise.
    return "agentic:embedding:1:" + tenant.tenant_id().to_string() + ":" + hex_encode({reinterpret_cast<const char*>(key.data()), key.size()});
}

std::string pack_floats(const std::vector<float>& values) {
    return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

std::optional<std::vector<float>> unpack_floats(std::string_view bytes) {
    if (bytes.empty() || bytes.size() % sizeof(float) != 0 || bytes.size() > kValueBytesMax) return std::nullopt;
    std::vector<float> out(bytes.size() / sizeof(float));
    std::memcpy(out.data(), bytes.data(), bytes.size());
    return out;
}

Awaitable<std::vector<std::optional<std::vector<float>>>> RedisVectorCache::get(TenantScope tenant, std::vector<CacheKey> keys) {
    std::vector<std::optional<std::vector<float>>> out(keys.size());
    std::vector<std::string> names;
    for (std::size_t i = 0; i < std::min(keys.size(), kKeysMax); ++i) names.push_back(redis_key(tenant, keys[i]));
    if (names.empty()) co_return out;
    const auto values = co_await link_.get(std::move(names));
    for (std::size_t i = 0; values && i < values->size(); ++i) {
        if (const auto& value = (*values)[i]) out[i] = unpack_floats(*value);
    }
    co_return out;
}

void RedisVectorCache::put(TenantScope tenant, const std::vector<std::pair<CacheKey, Rows>>& rows, std::chrono::seconds life) {
    if (!link_.usable()) return;
    RedisLink::Entries entries;
    for (const auto& [key, values] : rows) {
        if (values->size() * sizeof(float) <= kValueBytesMax && entries.size() < kKeysMax) entries.emplace_back(redis_key(tenant, key), pack_floats(*values));
    }
    link_.set(entries, life);
}

}  // namespace agentic::embeddings
