#pragma once
// The rules of the parameters that every list has. Included by schemas/*.cpp only.
#include "schema/rules.hpp"

namespace agentic::schemas {

// The bound keeps the offset of any page far from overflow; no list has that many.
inline constexpr schema::Field kPageRule =
    schema::field("page", schema::defaulted, schema::range(1, 1'000'000), schema::describe("Counts from 1."), schema::example("1"));
inline constexpr schema::Field kLimitRule =
    schema::field("limit", schema::defaulted, schema::range(1, 100), schema::describe("Items on a page."), schema::example("20"));

}  // namespace agentic::schemas
