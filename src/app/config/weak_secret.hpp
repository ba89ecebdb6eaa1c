#pragma once
#include <string_view>

namespace agentic::app {

/// Why a secret must not guard a production system, "" when nothing speaks against it: copied from documentation, a well-known default,
/// or too regular to be random. Does not judge the length.
std::string_view weakness_of(std::string_view secret);

/// The same for a database password, which may be shorter: only well-known defaults.
bool is_default_password(std::string_view password);

}  // namespace agentic::app
