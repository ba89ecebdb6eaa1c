#include "api/etag.hpp"

#include <bit>
#include <cstdint>
#include <cstring>

#include "core/encoding.hpp"

namespace agentic::api {
namespace {

__extension__ using Wide = unsigned __int128;

// Both halves of the product: every bit of either factor reaches every bit of the result.
std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

// Tags outlive the process and are compared between machines, so the byte order is fixed.
std::uint64_t load(const char* bytes, std::size_t count = 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes, count);
    if constexpr (std::endian::native == std::endian::big) word = std::byteswap(word);
    return word;
}

// Digits of pi and e: any odd constants without pattern would do.
constexpr std::uint64_t kA = 0x243f6a8885a308d3, kB = 0x13198a2e03707345, kC = 0xb7e151628aed2a6b, kD = 0x4d8f1ac5e1f0c7a9;

bool lists(std::string_view field, std::string_view tag, bool weak) {
    while (!field.empty()) {
        const auto start = field.find_first_not_of(" \t,");
        if (start == field.npos) return false;
        field.remove_prefix(start);
        if (field.starts_with('*')) return true;
        const bool is_weak = field.starts_with("W/");
        if (is_weak) field.remove_prefix(2);
        const auto end = field.starts_with('"') ? field.find('"', 1) : field.npos;
        if (end == field.npos) return false;
        if (field.substr(0, end + 1) == tag && (weak || !is_weak)) return true;
        field.remove_prefix(end + 1);
    }
    return false;
}

}  // namespace

std::string etag_of(std::string_view body) {
    std::uint64_t left = kA ^ body.size(), right = kC;
    const char* at = body.data();
    std::size_t rest = body.size();
    for (; rest >= 16; at += 16, rest -= 16) {
        const auto low = load(at), high = load(at + 8);
        left = fold(left ^ low, high ^ kB);
        right = fold(right ^ high, low ^ kD);
    }
    const auto low = load(at, rest < 8 ? rest : 8), high = rest > 8 ? load(at + 8, rest - 8) : 0;
    left = fold(left ^ low, high ^ kB);
    right = fold(right ^ high ^ left, low ^ kD);
    const std::uint64_t words[2] = {fold(left, kD), fold(right, kB)};
    char bytes[sizeof words];
    std::memcpy(bytes, words, sizeof words);
    return '"' + hex_encode({bytes, sizeof bytes}) + '"';
}

bool none_match_lists(std::string_view field, std::string_view tag) { return lists(field, tag, true); }
bool match_lists(std::string_view field, std::string_view tag) { return lists(field, tag, false); }

}  // namespace agentic::api
