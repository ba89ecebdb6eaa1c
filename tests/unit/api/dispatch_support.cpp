#include "unit/api/dispatch_support.hpp"

#include "schema/engine.hpp"

template <>
struct agentic::schema::Rules<agentic::api::test::Thing> {
    static constexpr std::string_view doc = "A thing.";
    static constexpr auto fields = std::tuple{field("name", length(1, 5), describe("What it is called."), example(R"("cup")")),
                                              field("size", defaulted, range(1, 9))};
};

template <>
struct agentic::schema::Rules<agentic::api::test::ThingQuery> {
    static constexpr auto fields = std::tuple{field("limit", defaulted, range(1, 100), describe("How many."))};
};

template struct agentic::schema::Codec<agentic::api::test::Thing>;
template struct agentic::schema::Codec<agentic::api::test::ThingQuery>;
