#include "schemas/tenants.hpp"

#include "schema/engine.hpp"

namespace agentic::schema {

template <>
struct Rules<schemas::Tenant> {
    static constexpr std::string_view doc = "The organisation everything belongs to.";
    static constexpr auto fields = std::tuple{
        field("plan_type", describe("free, starter, pro or enterprise. Changed by the platform's administrators."), example(R"("enterprise")")),
        field("limits", describe("What differs from the plan's limits."), example("{}")),
        field("settings", example("{}")),
    };
};
template struct Codec<schemas::Tenant>;

template <>
struct Rules<schemas::TenantUpdate> {
    static constexpr std::string_view doc = "Changes of the own tenant. Settings are replaced as a whole.";
    static constexpr auto fields = std::tuple{
        field("name", not_null, length(1, 255), example(R"("Acme Ltd")")),
        field("settings", not_null, object_only, items(0, 100), example(R"({"locale":"en"})")),
    };
};
template struct Codec<schemas::TenantUpdate>;

}  // namespace agentic::schema
