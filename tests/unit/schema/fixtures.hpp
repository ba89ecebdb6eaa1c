#pragma once
// Wire structs that use every kind of member and rule.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/json_text.hpp"
#include "core/uuid.hpp"
#include "schema/codec.hpp"

namespace agentic::schema::test {

enum class Colour : std::uint8_t { red, green, default_ };

struct Step {
    std::string slug;
    std::optional<std::int32_t> retries;
};

struct Plan {
    std::string name;
    std::string slug;
    std::optional<std::string> note;
    double temperature = 0.7;
    std::int32_t limit = 20;
    std::int64_t cost_micros = 0;
    bool active = true;
    Colour colour = Colour::green;
    std::vector<std::string> tags{"one"};
    std::vector<Step> steps;
    std::optional<Step> last;
    Uuid owner;
    Timestamp starts_at;
    JsonText config{"{}"};
    std::optional<std::string> parent;
};

struct PlanPatch {
    std::optional<std::optional<std::string>> note;
    std::optional<std::string> name;
    std::optional<std::optional<Step>> last;
};

struct PlanQuery {
    std::int32_t page = 1;
    std::optional<Colour> colour;
    std::optional<bool> active;
    std::vector<std::string> tag;
    std::optional<std::vector<Uuid>> id;
    std::optional<double> threshold;
    std::optional<Timestamp> since;
    std::string search;
};

struct Lenient {
    std::string model;
};

struct Span {
    std::int64_t from = 0;
    std::int64_t to = 0;
};

struct Spans {
    std::vector<Span> spans;
};

struct Any {
    JsonText value;
};

inline constexpr std::string_view kPlan =
    R"({"name":"A","slug":"a-1","steps":[],"owner":"0190a0b0-0000-7000-8000-000000000001","starts_at":"2026-01-31T12:00:00Z"})";

}  // namespace agentic::schema::test

extern template struct agentic::schema::Codec<agentic::schema::test::Step>;
extern template struct agentic::schema::Codec<agentic::schema::test::Plan>;
extern template struct agentic::schema::Codec<agentic::schema::test::PlanPatch>;
extern template struct agentic::schema::Codec<agentic::schema::test::PlanQuery>;
extern template struct agentic::schema::Codec<agentic::schema::test::Lenient>;
extern template struct agentic::schema::Codec<agentic::schema::test::Span>;
extern template struct agentic::schema::Codec<agentic::schema::test::Spans>;
extern template struct agentic::schema::Codec<agentic::schema::test::Any>;
