#include "services/accounts_throttle.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "core/encoding.hpp"

namespace agentic::auth {

namespace {

std::string account_key(std::string_view account, std::string_view network) { return std::string(network) + ' ' + std::string(account); }

}  // namespace

std::string network_of(std::string_view address) {
    std::array<unsigned char, 16> bytes{};
    if (!address.contains(':') || ::inet_pton(AF_INET6, std::string(address).c_str(), bytes.data()) != 1) return std::string(address);
    const bool is_mapped = std::all_of(bytes.begin(), bytes.begin() + 10, [](unsigned char b) { return b == 0; }) && bytes[10] == 0xff && bytes[11] == 0xff;
    return hex_encode({reinterpret_cast<const char*>(bytes.data()), is_mapped ? bytes.size() : 8});
}

Result<void> LoginThrottle::begin(std::string_view account, std::string_view address) {
    const auto network = network_of(address);
    const std::lock_guard lock(mutex_);
    const auto refuse = [&](const Counter& full) {
        const auto wait = std::chrono::ceil<std::chrono::seconds>(full.until - clock_.steady()).count();
        auto refusal = fail(ErrorCode::rate_limited, "Too many failed sign-ins; try again later", "login throttle");
        refusal.error().retry_after_s = std::max<std::int64_t>(wait, 1);
        return refusal;
    };
    auto& of_address = counter(network);
    if (of_address.failures >= config_.failures_per_address) return refuse(of_address);
    auto& of_account = counter(account_key(account, network));
    if (of_account.failures >= config_.failures_per_account) return refuse(of_account);
    ++of_address.failures;
    ++of_account.failures;
    return {};
}

void LoginThrottle::succeeded(std::string_view account, std::string_view address) {
    const auto network = network_of(address);
    const std::lock_guard lock(mutex_);
    take_back(counter(network));
    counter(account_key(account, network)).failures = 0;
}

void LoginThrottle::withdraw(std::string_view account, std::string_view address) {
    const auto network = network_of(address);
    const std::lock_guard lock(mutex_);
    take_back(counter(network));
    take_back(counter(account_key(account, network)));
}

void LoginThrottle::take_back(Counter& counter) { counter.failures = std::max<std::int64_t>(counter.failures - 1, 0); }

/// The live counter of `key`, moved to the front. References stay good: eviction takes from the back, and at least two are kept.
LoginThrottle::Counter& LoginThrottle::counter(const std::string& key) {
    const auto now = clock_.steady();
    if (const auto found = by_key_.find(key); found != by_key_.end()) {
        counters_.splice(counters_.begin(), counters_, found->second);
        auto& known = counters_.front();
        if (now >= known.until) known.failures = 0, known.until = now + config_.window;
        return known;
    }
    while (counters_.size() >= std::max<std::size_t>(config_.entries_max, 2)) {
        by_key_.erase(counters_.back().key);
        counters_.pop_back();
    }
    auto& fresh = counters_.emplace_front(Counter{.key = key, .until = now + config_.window});
    by_key_.emplace(fresh.key, counters_.begin());
    return fresh;
}

}  // namespace agentic::auth
