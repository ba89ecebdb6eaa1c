#pragma once
// Which addresses the platform may connect to. Pure: no sockets, no names, no clock; the outbound client asks it about the very sockaddr it is
// about to connect to, so nothing that happens between a name and an address (rebinding, odd notations, redirects) can get past it.
#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"

namespace agentic::http {

/// An IP address in 16 bytes; IPv4 is kept as ::ffff:a.b.c.d, so a mapped address and the plain one are the same value.
struct IpAddress {
    std::array<std::uint8_t, 16> bytes{};

    bool operator==(const IpAddress&) const = default;

    bool is_v4() const;
    /// Strict text: canonical dotted quad or RFC 4291; no zone, no brackets, no octal, hex or short forms.
    static std::optional<IpAddress> parse(std::string_view text);
    /// nullopt for anything but AF_INET and AF_INET6.
    static std::optional<IpAddress> of(const sockaddr& address);
};

/// A block of addresses, such as 10.0.0.0/8, in the 16-byte form.
struct AddressBlock {
    IpAddress base;
    int prefix = 128;  // counted in the 16-byte form: an IPv4 /8 is 104

    bool contains(const IpAddress& address) const;
    /// An address, or one with a prefix whose other bits are 0: 10.0.0.1/8 is a slip, and guessing what was meant opens a hole.
    static std::optional<AddressBlock> parse(std::string_view text);
};

/// What the operator opened: a block, and one port or all of them (0).
struct AllowedTarget {
    AddressBlock block;
    std::uint16_t port = 0;

    /// `10.0.0.0/8`, `127.0.0.1/32:8080`, `fd00::/8`, `[fd00::/8]:8080`.
    static std::optional<AllowedTarget> parse(std::string_view text);
};

/// Refuses loopback, private, link-local, shared, documentation, benchmark, multicast, reserved and tunnelled (NAT64, 6to4, Teredo, ISATAP)
/// addresses, unless the allow-list names them. Of IPv6 only global unicast passes.
class AddressGuard {
public:
    /// Nothing special is allowed.
    AddressGuard() = default;
    explicit AddressGuard(std::vector<AllowedTarget> allowed, std::vector<IpAddress> own_addresses = {});

    /// `allow_list`: entries separated by commas or spaces: `10.0.0.0/8`, `127.0.0.1/32:8080`, `192.168.1.7`, `fd00::/8`, `[fd00::/8]:8080`.
    /// Fails with `validation_error`, naming each entry that is not one.
    static Result<AddressGuard> create(std::string_view allow_list);

    bool allows(const IpAddress& address, std::uint16_t port) const;
    bool allows(const sockaddr& address) const;

    /// Also refuses these (the public addresses of this machine's own interfaces).
    void forbid(std::vector<IpAddress> own_addresses) { own_addresses_ = std::move(own_addresses); }

private:
    std::vector<AllowedTarget> allowed_;
    std::vector<IpAddress> own_addresses_;
};

/// True for the ranges that never belong to a public server.
bool is_special_purpose(const IpAddress& address);

/// The addresses of this machine's network interfaces.
std::vector<IpAddress> interface_addresses();

}  // namespace agentic::http
