#include "schemas/health.hpp"

#include <tuple>

#include "schema/engine.hpp"

template <>
struct agentic::schema::Rules<agentic::schemas::HealthQuery> {
    static constexpr std::string_view doc = "How much a probe wants to know.";
    static constexpr auto fields = std::tuple{field("verbose", describe("Adds the single checks to the answer."))};
};

template <>
struct agentic::schema::Rules<agentic::schemas::HealthCheck> {
    static constexpr std::string_view doc = "One condition of being ready.";
    static constexpr auto fields = std::tuple{
        field("name", describe("`started`, `accepting` or `database`; `redis` where it is used, without which the server stays ready."), example(R"("database")")),
        field("ok", describe("Whether it holds now.")),
    };
};

template <>
struct agentic::schema::Rules<agentic::schemas::HealthStatus> {
    static constexpr std::string_view doc = "The state of the server.";
    static constexpr auto fields = std::tuple{
        field("status", describe("`ok` while the process lives; `ready`, `starting`, `draining` or `unavailable` for readiness."), example(R"("ready")")),
        field("checks", omit_empty, describe("With `?verbose` only.")),
    };
};

template struct agentic::schema::Codec<agentic::schemas::HealthQuery>;
template struct agentic::schema::Codec<agentic::schemas::HealthStatus>;
