#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "http/address_guard.hpp"
#include "http/message.hpp"

namespace agentic::http {

/// The proxies whose X-Forwarded-For and X-Forwarded-Proto are believed. From anybody else these fields mean nothing.
class TrustedProxies {
public:
    TrustedProxies() = default;
    /// `blocks`: addresses or CIDR blocks, IPv4 or IPv6. Fails with validation_error.
    static Result<TrustedProxies> create(const std::vector<std::string>& blocks);

    bool contains(std::string_view address) const;

    /// Writes remote_address and https of a request that came from `peer`: the last address of the chain, read from the right, that is no
    /// trusted proxy itself. A malformed element ends the search.
    void resolve(std::string_view peer, Request& request) const;

private:
    std::vector<AddressBlock> blocks_;
};

}  // namespace agentic::http
