#pragma once
#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace agentic {

/// A point in time: microseconds since 1970-01-01T00:00:00Z, as both databases store it.
struct Timestamp {
    std::int64_t us = 0;

    auto operator<=>(const Timestamp&) const = default;

    std::int64_t unix_ms() const { return us / 1000; }
    std::int64_t unix_s() const { return us / 1'000'000; }
    Timestamp plus(std::chrono::microseconds d) const { return {us + d.count()}; }

    /// RFC 3339 with `Z` and six fractional digits: `2026-11-22T10:00:00.000000Z`.
    std::string to_string() const;
    /// Writes the 27 characters of to_string() at `out`.
    void write(char* out) const;
    /// RFC 3339 with any offset and up to nine fractional digits; nullopt on anything else.
    static std::optional<Timestamp> parse(std::string_view text);
};

/// The only source of time. `now` may jump; `steady` never goes back and is what leases and deadlines use.
class Clock {
public:
    virtual ~Clock() = default;
    virtual Timestamp now() const = 0;
    virtual std::chrono::steady_clock::time_point steady() const = 0;
};

class SystemClock final : public Clock {
public:
    Timestamp now() const override;
    std::chrono::steady_clock::time_point steady() const override;
};

}  // namespace agentic
