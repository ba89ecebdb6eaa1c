#include "http/address_guard.hpp"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>

namespace agentic::http {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

IpAddress from_v4(const void* four_bytes) {
    IpAddress out;
    std::ranges::copy(kMappedPrefix, out.bytes.begin());
    std::memcpy(out.bytes.data() + 12, four_bytes, 4);
    return out;
}

struct Range {
    const char* base;
    int prefix;
};

// IANA's special-purpose registries, and the few public addresses by which clouds expose a machine's own metadata.
constexpr Range kForbiddenV4[] = {
    {"0.0.0.0", 8},        // this network
    {"10.0.0.0", 8},       // private
    {"100.64.0.0", 10},    // shared (CGNAT)
    {"127.0.0.0", 8},      // loopback
    {"168.63.129.16", 32}, // the Azure host
    {"169.254.0.0", 16},   // link-local, metadata services
    {"172.16.0.0", 12},    // private
    {"192.0.0.0", 24},     // protocol assignments
    {"192.0.2.0", 24},     // documentation
    {"192.31.196.0", 24},  // AS112
    {"192.52.193.0", 24},  // multicast tunnelling
    {"192.88.99.0", 24},   // 6to4 relays
    {"192.168.0.0", 16},   // private
    {"192.175.48.0", 24},  // AS112
    {"198.18.0.0", 15},    // benchmarks
    {"198.51.100.0", 24},  // documentation
    {"203.0.113.0", 24},   // documentation
    {"224.0.0.0", 4},      // multicast
    {"240.0.0.0", 4},      // reserved, broadcast
};
// Inside 2000::/3; everything outside it (loopback, mapped, NAT64, unique local, link-local, site-local, multicast, ...) is forbidden as a whole.
constexpr Range kForbiddenV6[] = {
    {"2001::", 23},      // protocol assignments, Teredo, ORCHID
    {"2001:db8::", 32},  // documentation
    {"2002::", 16},      // 6to4
    {"3fff::", 20},      // documentation
};

std::vector<AddressBlock> parse_ranges() {
    std::vector<AddressBlock> out;
    for (const auto& range : kForbiddenV4) out.push_back({*IpAddress::parse(range.base), range.prefix + 96});
    for (const auto& range : kForbiddenV6) out.push_back({*IpAddress::parse(range.base), range.prefix});
    return out;
}

bool is_isatap(const IpAddress& address) {
    const auto& b = address.bytes;
    return (b[8] & 0xfd) == 0 && b[9] == 0 && b[10] == 0x5e && b[11] == 0xfe;
}

std::optional<int> parse_number(std::string_view text, int max) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || text.empty() || value < 0 || value > max) return std::nullopt;
    return value;
}

}  // namespace

bool IpAddress::is_v4() const { return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin()); }

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    if (text.size() > INET6_ADDRSTRLEN) return std::nullopt;
    const std::string terminated(text);
    in_addr v4{};
    if (::inet_pton(AF_INET, terminated.c_str(), &v4) == 1) return from_v4(&v4);
    IpAddress out;
    if (::inet_pton(AF_INET6, terminated.c_str(), out.bytes.data()) == 1) return out;
    return std::nullopt;
}

std::optional<IpAddress> IpAddress::of(const sockaddr& address) {
    if (address.sa_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &address, sizeof v4);
        return from_v4(&v4.sin_addr);
    }
    if (address.sa_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, &address, sizeof v6);
        IpAddress out;
        std::memcpy(out.bytes.data(), &v6.sin6_addr, 16);
        return out;
    }
    return std::nullopt;
}

bool AddressBlock::contains(const IpAddress& address) const {
    const auto whole = static_cast<std::size_t>(prefix / 8);
    if (!std::equal(base.bytes.begin(), base.bytes.begin() + static_cast<std::ptrdiff_t>(whole), address.bytes.begin())) return false;
    const int rest = prefix % 8;
    return rest == 0 || ((base.bytes[whole] ^ address.bytes[whole]) & (0xff00 >> rest) & 0xff) == 0;
}

std::optional<AddressBlock> AddressBlock::parse(std::string_view text) {
    const auto slash = text.find('/');
    const auto base = IpAddress::parse(text.substr(0, slash));
    if (!base) return std::nullopt;
    AddressBlock block{*base, 128};
    if (slash == text.npos) return block;
    const auto bits = parse_number(text.substr(slash + 1), base->is_v4() ? 32 : 128);
    if (!bits) return std::nullopt;
    block.prefix = base->is_v4() ? *bits + 96 : *bits;
    for (int bit = block.prefix; bit < 128; ++bit) {
        if (base->bytes[bit / 8] & (0x80 >> bit % 8)) return std::nullopt;
    }
    return block;
}

std::optional<AllowedTarget> AllowedTarget::parse(std::string_view text) {
    std::string_view block = text;
    std::string_view port;
    if (text.starts_with('[')) {
        const auto close = text.find(']');
        if (close == text.npos) return std::nullopt;
        block = text.substr(1, close - 1);
        port = text.substr(close + 1);
        if (!port.empty() && !port.starts_with(':')) return std::nullopt;
    } else if (const auto colon = text.find(':'); colon != text.npos && text.find(':', colon + 1) == text.npos) {
        block = text.substr(0, colon);
        port = text.substr(colon);
    }
    AllowedTarget target;
    if (!port.empty()) {
        const auto number = parse_number(port.substr(1), 65535);
        if (!number || *number == 0) return std::nullopt;
        target.port = static_cast<std::uint16_t>(*number);
    }
    const auto parsed = AddressBlock::parse(block);
    if (!parsed) return std::nullopt;
    target.block = *parsed;
    return target;
}

bool is_special_purpose(const IpAddress& address) {
    static const std::vector<AddressBlock> forbidden = parse_ranges();
    if (!address.is_v4() && ((address.bytes[0] & 0xe0) != 0x20 || is_isatap(address))) return true;
    return std::ranges::any_of(forbidden, [&](const AddressBlock& block) { return block.contains(address); });
}

AddressGuard::AddressGuard(std::vector<AllowedTarget> allowed, std::vector<IpAddress> own_addresses)
    : allowed_(std::move(allowed)), own_addresses_(std::move(own_addresses)) {}

Result<AddressGuard> AddressGuard::create(std::string_view allow_list) {
    std::vector<AllowedTarget> allowed;
    Violations violations;
    std::size_t number = 0;
    while (!allow_list.empty()) {
        const auto end = std::min(allow_list.find_first_of(", \t\n"), allow_list.size());
        const auto entry = allow_list.substr(0, end);
        allow_list.remove_prefix(std::min(end + 1, allow_list.size()));
        if (entry.empty()) continue;
        if (const auto target = AllowedTarget::parse(entry)) {
            allowed.push_back(*target);
        } else {
            violations.push_back({"[" + std::to_string(number) + "]", "must be an address or a block, such as 10.0.0.0/8 or 127.0.0.1/32:8080"});
        }
        ++number;
    }
    if (!violations.empty()) return fail_validation(std::move(violations));
    return AddressGuard(std::move(allowed));
}

bool AddressGuard::allows(const IpAddress& address, std::uint16_t port) const {
    if (port == 0) return false;
    const bool opened = std::ranges::any_of(allowed_, [&](const AllowedTarget& target) {
        return (target.port == 0 || target.port == port) && target.block.contains(address);
    });
    return opened || (!is_special_purpose(address) && !std::ranges::contains(own_addresses_, address));
}

bool AddressGuard::allows(const sockaddr& address) const {
    const auto ip = IpAddress::of(address);
    if (!ip) return false;
    in_port_t port = 0;  // at the same place in both families
    std::memcpy(&port, reinterpret_cast<const char*>(&address) + offsetof(sockaddr_in, sin_port), sizeof port);
    return allows(*ip, ntohs(port));
}

std::vector<IpAddress> interface_addresses() {
    ifaddrs* first = nullptr;
    if (::getifaddrs(&first) != 0) return {};
    const std::unique_ptr<ifaddrs, void (*)(ifaddrs*)> owner(first, ::freeifaddrs);
    std::vector<IpAddress> out;
    for (const ifaddrs* at = first; at != nullptr; at = at->ifa_next) {
        if (at->ifa_addr == nullptr) continue;
        if (const auto address = IpAddress::of(*at->ifa_addr)) out.push_back(*address);
    }
    return out;
}

}  // namespace agentic::http
