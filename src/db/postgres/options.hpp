#pragma once
#include <chrono>
#include <cstddef>
#include <string>

namespace agentic::db::postgres {

/// The role under which statements run: neither owner nor superuser, so that row-level security holds for it. Made by the migrations.
inline constexpr const char* kAppRole = "agentic_app";

struct Options {
    /// `postgresql://` or `postgres://`; a driver in the scheme (`postgresql+asyncpg://`) is ignored.
    std::string url;
    /// Connections kept, and connections on top of them while there is more to do: both divided over the I/O threads, at least one each.
    std::size_t pool_size = 20;
    std::size_t max_overflow = 10;
    /// Those on top are closed when nobody has used them for so long.
    std::chrono::milliseconds linger{10'000};
    std::size_t io_threads = 1;
    /// How long a call waits for a connection, and how many calls of one I/O thread may wait; then they fail with `unavailable`.
    std::chrono::milliseconds acquire_timeout{5'000};
    std::size_t queue_limit = 1024;
    std::chrono::milliseconds connect_timeout{5'000};
    std::chrono::milliseconds statement_timeout{10'000};
    std::chrono::milliseconds lock_timeout{5'000};
    std::string application_name = "agentic";
};

/// `url` as libpq takes it.
std::string libpq_url(std::string url);

}  // namespace agentic::db::postgres
