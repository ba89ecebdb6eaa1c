#pragma once
#include <optional>
#include <string>
#include <vector>

#include "schema/codec.hpp"

namespace agentic::schemas {

struct HealthQuery {
    std::optional<std::string> verbose;  // any value, also none: `?verbose`
};

struct HealthCheck {
    std::string name;
    bool ok = false;
};

/// What a probe hears. `checks` only when asked for.
struct HealthStatus {
    std::string status;
    std::optional<std::vector<HealthCheck>> checks;
};

}  // namespace agentic::schemas

namespace agentic::schema {
extern template struct Codec<schemas::HealthQuery>;
extern template struct Codec<schemas::HealthStatus>;
}  // namespace agentic::schema
