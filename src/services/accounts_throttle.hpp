#pragma once
#include <chrono>
#include <cstddef>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/clock.hpp"
#include "core/error.hpp"

namespace agentic::auth {

struct ThrottleConfig {
    std::int64_t failures_per_account = 5;   // from one address
    std::int64_t failures_per_address = 50;  // over all accounts
    std::chrono::seconds window{900};
    std::size_t entries_max = 65'536;        // counters kept; the least recently touched go first
};

/// Slows down the guessing of passwords. Counted are failures of an account *from one address*, and of an address (IPv6: its /64) over all accounts; an
/// attacker elsewhere therefore cannot lock the victim out. Thread-safe; in memory, of this process.
class LoginThrottle {
public:
    LoginThrottle(ThrottleConfig config, const Clock& clock) : config_(config), clock_(clock) {}

    /// Counts an attempt as failed, before its password is checked: so parallel attempts cannot exceed the limit. Fails with `rate_limited`.
    Result<void> begin(std::string_view account, std::string_view address);

    /// The attempt was a good one: takes it back, and the account's earlier failures from this address with it.
    void succeeded(std::string_view account, std::string_view address);

    /// The attempt could not be checked: takes it back.
    void withdraw(std::string_view account, std::string_view address);

private:
    struct Counter {
        std::string key;
        std::int64_t failures = 0;
        std::chrono::steady_clock::time_point until;
    };
    using Counters = std::list<Counter>;  // most recently touched first

    Counter& counter(const std::string& key);
    static void take_back(Counter& counter);

    ThrottleConfig config_;
    const Clock& clock_;
    std::mutex mutex_;
    Counters counters_;
    std::unordered_map<std::string_view, Counters::iterator> by_key_;  // views of the list's own keys
};

/// The part of an address that one person can hardly have two of: all of IPv4, the first four groups of IPv6.
std::string network_of(std::string_view address);

}  // namespace agentic::auth
