#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace agentic {

/// A UUID (RFC 9562). Ordered by its bytes, so version 7 ids sort by creation time.
class Uuid {
public:
    using Bytes = std::array<std::uint8_t, 16>;

    constexpr Uuid() = default;  // the nil UUID
    constexpr explicit Uuid(const Bytes& bytes) : bytes_(bytes) {}

    /// Accepts exactly the 36-character form, either case; anything else is nullopt.
    static std::optional<Uuid> parse(std::string_view text);

    /// Lower case, 36 characters.
    std::string to_string() const;
    /// Writes the 36 characters of to_string() at `out`, without a terminator.
    void write(char* out) const;

    const Bytes& bytes() const { return bytes_; }
    bool is_nil() const { return bytes_ == Bytes{}; }

    auto operator<=>(const Uuid&) const = default;

private:
    Bytes bytes_{};
};

/// Version 7: `unix_ms` in the first 48 bits, then a per-thread counter that keeps ids of one millisecond in order, then random bits.
Uuid make_uuid_v7(std::int64_t unix_ms);

}  // namespace agentic

template <>
struct std::hash<agentic::Uuid> {
    std::size_t operator()(const agentic::Uuid& id) const noexcept;
};
