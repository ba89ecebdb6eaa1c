#pragma once
#include <cstddef>
#include <string_view>

namespace agentic::schema {

/// The number of Unicode code points in valid UTF-8.
std::size_t code_points(std::string_view text);

}  // namespace agentic::schema
