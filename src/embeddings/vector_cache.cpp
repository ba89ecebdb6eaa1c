#include "embeddings/vector_cache.hpp"

#include <openssl/evp.h>

#include <cstring>
#include <stdexcept>

namespace agentic::embeddings {
namespace {

constexpr std::size_t kEntryOverhead = 200;  // list and table nodes, the vector's own fields

}  // namespace

CacheKey cache_key(TenantScope tenant, std::string_view space, Purpose purpose, std::string_view text) {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> hash(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    const auto tenant_id = tenant.tenant_id().to_string();
    const std::uint64_t space_size = space.size();  // so that no space's name runs into a text
    const auto kind = static_cast<std::uint8_t>(purpose);
    CacheKey key;
    const bool done = hash && EVP_DigestInit_ex(hash.get(), EVP_sha256(), nullptr) == 1 && EVP_DigestUpdate(hash.get(), tenant_id.data(), tenant_id.size()) == 1 &&
                      EVP_DigestUpdate(hash.get(), &space_size, sizeof space_size) == 1 && EVP_DigestUpdate(hash.get(), space.data(), space.size()) == 1 &&
                      EVP_DigestUpdate(hash.get(), &kind, 1) == 1 && EVP_DigestUpdate(hash.get(), text.data(), text.size()) == 1 &&
                      EVP_DigestFinal_ex(hash.get(), key.data(), nullptr) == 1;
    if (!done) throw std::runtime_error("SHA-256 failed");
    return key;
}

Rows VectorCache::get(const CacheKey& key) {
    const std::lock_guard lock(mutex_);
    const auto found = places_.find(key);
    if (found == places_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->second;
}

void VectorCache::put(const CacheKey& key, Rows rows) {
    const std::lock_guard lock(mutex_);
    if (places_.contains(key) || cost(rows) > max_bytes_) return;
    bytes_ += cost(rows);
    entries_.emplace_front(key, std::move(rows));
    places_.emplace(key, entries_.begin());
    while (bytes_ > max_bytes_) {
        bytes_ -= cost(entries_.back().second);
        places_.erase(entries_.back().first);
        entries_.pop_back();
    }
}

std::size_t VectorCache::bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
}

std::size_t VectorCache::KeyHash::operator()(const CacheKey& key) const {
    std::size_t out;
    std::memcpy(&out, key.data(), sizeof out);
    return out;
}

std::size_t VectorCache::cost(const Rows& rows) { return rows->size() * sizeof(float) + kEntryOverhead; }

}  // namespace agentic::embeddings
