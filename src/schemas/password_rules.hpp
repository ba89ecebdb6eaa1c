#pragma once
#include <string_view>

#include "core/error.hpp"

namespace agentic::schemas {

inline constexpr std::int64_t kPasswordCharsMin = 8;     // Unicode code points
inline constexpr std::int64_t kPasswordCharsMax = 1024;

/// False for the passwords that are tried first, in any case.
bool is_uncommon_password(std::string_view password);

/// Adds a violation when the password is the account's own e-mail, or its local part.
void check_password_is_not_email(std::string_view field, std::string_view password, std::string_view email, Violations& violations);

/// All rules at once, for callers without a wire struct (the command line).
Violations password_violations(std::string_view field, std::string_view password, std::string_view email);

}  // namespace agentic::schemas
