#pragma once
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "async/types.hpp"
#include "async/work_pool.hpp"
#include "core/secret.hpp"

namespace agentic::auth {

struct PasswordConfig {
    int bcrypt_cost = 12;            // 4..16; 12 is about a quarter of a second
    std::size_t threads = 2;         // how many hashes run at once: a login flood may not starve the API
    std::size_t queue_limit = 64;    // beyond: rate_limited
};

/// Hashes and checks passwords on a pool of its own. The stored value is `bcrypt-sha256$2b$12$...`: bcrypt over base64(SHA-256(password)), so that bytes
/// past the 72nd and NULs count; the prefix names the scheme, so that another one can follow. Thread-safe.
/// Every call costs exactly one hash, whatever its arguments are, and fails with `rate_limited` when the queue is full.
class PasswordHasher {
public:
    explicit PasswordHasher(PasswordConfig config);

    Task<std::string> hash(Secret password);

    /// False for a wrong password, and for a stored value that is empty or no hash of ours, at the same cost: pass "" for an unknown user.
    Task<bool> verify(Secret password, std::string stored);

    /// True when a right password should be hashed anew (another scheme or cost).
    bool needs_rehash(std::string_view stored) const;

    /// What one hash takes at most on a machine of our size, waiting for a thread apart: 0.3 s at cost 12, and twice as long with every step of the cost.
    std::chrono::microseconds hash_time() const { return std::chrono::microseconds(300'000) * (1 << cost_) / (1 << 12); }

    /// Hashes computed so far: what the tests of equal timing count.
    std::uint64_t hashes() const { return hashes_.load(std::memory_order_relaxed); }

private:
    std::string prefix_;  // "bcrypt-sha256$2b$12$"
    int cost_;
    std::atomic<std::uint64_t> hashes_ = 0;
    async::WorkPool pool_;
};

}  // namespace agentic::auth
