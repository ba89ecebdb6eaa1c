#pragma once
#include <string>
#include <string_view>

namespace agentic::services {

/// SHA-256 as 64 lower-case digits.
std::string sha256_hex(std::string_view bytes);

}  // namespace agentic::services
