#include "core/uuid.hpp"

#include <bit>
#include <cstring>

#include "core/hex.hpp"
#include "core/random.hpp"

namespace agentic {
namespace {

constexpr char kHex[] = "0123456789abcdef";

constexpr bool is_dash_position(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

}  // namespace

std::optional<Uuid> Uuid::parse(std::string_view text) {
    if (text.size() != 36) return std::nullopt;
    Bytes bytes{};
    std::size_t nibble = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (is_dash_position(i)) {
            if (text[i] != '-') return std::nullopt;
            continue;
        }
        const int value = hex_value(text[i]);
        if (value < 0) return std::nullopt;
        bytes[nibble / 2] = static_cast<std::uint8_t>((bytes[nibble / 2] << 4) | value);
        ++nibble;
    }
    return Uuid(bytes);
}

void Uuid::write(char* out) const {
    for (std::size_t i = 0; i < bytes_.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *out++ = '-';
        *out++ = kHex[bytes_[i] >> 4];
        *out++ = kHex[bytes_[i] & 15];
    }
}

std::string Uuid::to_string() const {
    std::string text(36, '\0');
    write(text.data());
    return text;
}

Uuid make_uuid_v7(std::int64_t unix_ms) {
    // RFC 9562, section 6.2, method 1: a 12-bit counter in rand_a, seeded low so that it has room to grow within a millisecond.
    thread_local std::int64_t last_ms = 0;
    thread_local std::uint32_t counter = 0;
    Uuid::Bytes bytes{};
    random_bytes(bytes);
    if (unix_ms > last_ms) {
        last_ms = unix_ms;
        counter = (static_cast<std::uint32_t>(bytes[6]) << 8 | bytes[7]) & 0x7ff;
    } else if (++counter > 0xfff) {
        ++last_ms;  // borrow from the next millisecond rather than repeat or go backwards
        counter = 0;
    }
    const auto ms = static_cast<std::uint64_t>(last_ms);
    for (int i = 0; i < 6; ++i) bytes[static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(ms >> (40 - 8 * i));
    bytes[6] = static_cast<std::uint8_t>(0x70 | (counter >> 8));
    bytes[7] = static_cast<std::uint8_t>(counter);
    bytes[8] = static_cast<std::uint8_t>(0x80 | (bytes[8] & 0x3f));
    return Uuid(bytes);
}

}  // namespace agentic

std::size_t std::hash<agentic::Uuid>::operator()(const agentic::Uuid& id) const noexcept {
    std::uint64_t low = 0;  // the random half of a version 7 id is already well mixed, but for the two bits of its variant
    std::memcpy(&low, id.bytes().data() + 8, sizeof low);
    std::uint64_t high = 0;
    std::memcpy(&high, id.bytes().data(), sizeof high);
    return std::rotr(low, 16) ^ (high * 0x9e3779b97f4a7c15ULL);  // away from the low bits, which tables take
}
