#pragma once
// Rules that the requests of sign-in and of people share. Included by schemas/*.cpp only.
#include "schema/rules.hpp"
#include "schemas/password_rules.hpp"

namespace agentic::schemas {

// The regex of a list of words would only confuse readers of the document; the rule itself is the function.
inline constexpr schema::Pattern uncommon_password{"", "not be one of the most common passwords", is_uncommon_password};

inline constexpr schema::Field kEmailRule = schema::field("email", schema::length(3, 254), schema::email, schema::example(R"("ada@example.com")"));
inline constexpr schema::Field kFirstNameRule = schema::field("first_name", schema::length(1, 100), schema::example(R"("Ada")"));
inline constexpr schema::Field kLastNameRule = schema::field("last_name", schema::length(1, 100), schema::example(R"("Lovelace")"));

/// A password that is being chosen.
consteval schema::Field new_password(std::string_view name) {
    return schema::field(name, schema::length(kPasswordCharsMin, kPasswordCharsMax), uncommon_password, schema::write_only,
                         schema::describe("8 to 1024 characters, none of the most common passwords, not the e-mail address."), schema::example(R"("a long and private sentence")"));
}

/// A password that is only compared: when it was chosen, the rules may have been others.
consteval schema::Field known_password(std::string_view name) {
    return schema::field(name, schema::length(1, kPasswordCharsMax), schema::write_only, schema::example(R"("a long and private sentence")"));
}

}  // namespace agentic::schemas
