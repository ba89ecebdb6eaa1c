#pragma once
#include <chrono>
#include <optional>
#include <string>

#include "async/types.hpp"

namespace agentic::db::postgres {

/// Of libpq's settings `host`, `hostaddr` and `port`: lists of the same length, one entry for each address.
struct HostAddresses {
    std::string hosts;  // still what a certificate is checked against
    std::string addresses;
    std::string ports;
};

/// Looks the host names of a connection string up without blocking the thread, as libpq would. nullopt: it names none (sockets, addresses, nothing).
/// Fails with `unavailable`.
Task<std::optional<HostAddresses>> resolve_hosts(IoExecutor executor, std::string url, std::chrono::milliseconds timeout);

}  // namespace agentic::db::postgres
