#pragma once
#include <chrono>
#include <cstdint>
#include <string>

#include "core/secret.hpp"

namespace agentic::auth {

/// Who may register a tenant: anyone, nobody, or whoever is the first.
enum class Registration : std::uint8_t { open, closed, first };

struct AccountConfig {
    Registration registration = Registration::open;
    Secret setup_token;                             // when set, the first registration must carry it
    std::chrono::seconds refresh_lifetime{7 * 24 * 3600};
    std::string region = "default";
};

}  // namespace agentic::auth
