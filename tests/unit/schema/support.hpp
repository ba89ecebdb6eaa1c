#pragma once
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "core/error.hpp"
#include "unit/schema/fixtures.hpp"

namespace agentic {

inline void PrintTo(const Violation& violation, std::ostream* out) { *out << violation.field << " " << violation.issue; }

}  // namespace agentic

namespace agentic::schema::test {

/// The violations of a refused input; empty, with a failure, when it was accepted or refused otherwise.
template <class T>
Violations violations_of(const Result<T>& result) {
    if (result) {
        ADD_FAILURE() << "was accepted";
        return {};
    }
    EXPECT_EQ(to_string(result.error().code), "validation_error") << result.error().public_message;
    return result.error().violations;
}

template <class T>
std::string code_of(const Result<T>& result) {
    return result ? "accepted" : std::string(to_string(result.error().code));
}

/// kPlan with `member` as a further member, such as `"limit":1`.
inline std::string plan_with(std::string_view member) {
    std::string json(kPlan);
    json.pop_back();
    return json + "," + std::string(member) + "}";
}

/// The one issue of kPlan with `member`; "" if accepted.
inline std::string issue_with(std::string_view member) {
    const auto result = Codec<Plan>::parse(plan_with(member));
    if (result) return {};
    if (result.error().violations.size() != 1) return "not one violation: " + result.error().public_message;
    return result.error().violations[0].field + " " + result.error().violations[0].issue;
}

}  // namespace agentic::schema::test
