#include "schemas/models.hpp"

#include "schema/engine.hpp"

namespace agentic::schema {

template <>
struct Rules<schemas::ModelCapabilities> {
    static constexpr std::string_view doc = "What a model takes and does.";
    static constexpr auto fields = std::tuple{
        field("temperature", describe("Whether it accepts a temperature at all.")), field("tools"), field("thinking"), field("citations"),
    };
};

template <>
struct Rules<schemas::ModelPriceList> {
    static constexpr std::string_view doc = "In millionths of a US dollar per million tokens.";
    static constexpr auto fields = std::tuple{field("input", example("2000000")), field("output"), field("cache_read"), field("cache_write")};
};

template <>
struct Rules<schemas::Model> {
    static constexpr std::string_view doc = "One of the tenant's agents, or a model that agents can be made with.";
    static constexpr auto fields = std::tuple{
        field("id", describe("An agent's slug, or the provider's name of a model."), example(R"("research-assistant")")),
        field("object", example(R"("model")")),
        field("created", describe("Seconds since 1970; 0 for models of a provider.")),
        field("owned_by", describe("`tenant`, or the provider."), example(R"("tenant")")),
        field("name", describe("For people.")),
        field("provider"),
        field("model_name", describe("What the provider is asked for.")),
        field("agent_id", describe("Of agents only.")),
        field("context_window", describe("In tokens, the answer included.")),
        field("max_output", describe("In tokens.")),
        field("capabilities"),
        field("prices", describe("null: unknown.")),
        field("available", describe("Whether its provider is configured.")),
    };
};

template <>
struct Rules<schemas::ModelList> {
    static constexpr std::string_view doc = "The tenant's agents, then the known models.";
    static constexpr auto fields = std::tuple{field("object", example(R"("list")")), field("data")};
};

template struct Codec<schemas::ModelCapabilities>;
template struct Codec<schemas::ModelPriceList>;
template struct Codec<schemas::Model>;
template struct Codec<schemas::ModelList>;

}  // namespace agentic::schema
