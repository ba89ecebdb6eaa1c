#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "core/error.hpp"
#include "core/secret.hpp"

namespace agentic::embeddings {

/// Where a Redis server is and how to sign in to it.
struct RedisAddress {
    std::string host;
    std::uint16_t port = 6379;
    std::string user;      // empty: "default"
    Secret password;       // empty: the server wants none
    int database = 0;
    bool uses_tls = false;

    /// "host:port", for logs.
    std::string text() const;
};

/// `redis://[[user]:password@]host[:port][/database]`, or `rediss://` for TLS; IPv6 in brackets, user and password percent-encoded. Fails with
/// `bad_request` and what is wrong, without the password.
Result<RedisAddress> parse_redis_url(std::string_view url);

}  // namespace agentic::embeddings
