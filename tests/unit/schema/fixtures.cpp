#include "unit/schema/fixtures.hpp"

#include "schema/engine.hpp"

using namespace agentic::schema::test;

namespace agentic::schema {

template <>
struct Rules<Step> {
    static constexpr auto fields = std::tuple{field("slug", length(1, 10), slug), field("retries", range(0, 5))};
};

template <>
struct Rules<Plan> {
    static constexpr std::string_view doc = "What is to be done.";
    static constexpr auto fields = std::tuple{
        field("name", length(1, 8), describe("Shown to people."), example(R"("Move house")")),
        field("slug", slug),
        field("temperature", defaulted, range(0, 2)),
        field("limit", defaulted, range(1, 100)),
        field("cost_micros", defaulted, at_least(0)),
        field("active", defaulted),
        field("colour", defaulted),
        field("tags", defaulted, items(0, 3), each(length(1, 4))),
        field("steps", items(0, 200)),
        field("config", defaulted, object_only, items(0, 5), at_most_bytes(64)),
        field("parent", not_null, write_only),
    };
};

template <>
struct Rules<PlanPatch> {
    static constexpr auto fields = std::tuple{field("name", not_null, length(1, 8))};
};

template <>
struct Rules<PlanQuery> {
    static constexpr auto fields = std::tuple{
        field("page", defaulted, at_least(1), describe("Counts from 1.")),
        field("tag", items(0, 2), each(length(1, 4))),
        field("threshold", range(0, 1)),
    };
};

template <>
struct Rules<Lenient> {
    static constexpr std::string_view name = "VendorRequest";
    static constexpr bool ignore_unknown = true;
};

template <>
struct Rules<Span> {
    static void check(const Span& span, Violations& violations) {
        if (span.from > span.to) violations.push_back({"to", "must not lie before from"});
    }
};

template <>
struct Rules<Spans> {};

template <>
struct Rules<Any> {};

}  // namespace agentic::schema

template struct agentic::schema::Codec<Step>;
template struct agentic::schema::Codec<Plan>;
template struct agentic::schema::Codec<PlanPatch>;
template struct agentic::schema::Codec<PlanQuery>;
template struct agentic::schema::Codec<Lenient>;
template struct agentic::schema::Codec<Span>;
template struct agentic::schema::Codec<Spans>;
template struct agentic::schema::Codec<Any>;
