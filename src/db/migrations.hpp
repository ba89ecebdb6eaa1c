#pragma once
#include <span>
#include <string_view>

namespace agentic::db {

/// One numbered schema change, for both engines, embedded in the binary.
struct Migration {
    int number = 0;
    std::string_view name;
    std::string_view sqlite_up, sqlite_down;
    std::string_view postgres_up, postgres_down;
    std::string_view sqlite_sha256, postgres_sha256;  // of the up text: an applied migration must not have been edited since
};

std::span<const Migration> embedded_migrations();

}  // namespace agentic::db
