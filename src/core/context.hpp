#pragma once
#include <chrono>
#include <string>

#include "core/clock.hpp"
#include "core/tenant.hpp"

namespace agentic {

/// What every service call knows about the work it is part of: the first argument of service functions.
struct OpContext {
    std::string request_id;
    Principal principal;
    TenantScope tenant;
    const Clock& clock;
    std::chrono::steady_clock::time_point deadline;
};

}  // namespace agentic
