#pragma once
#include <span>
#include <string>
#include <string_view>

#include "api/route.hpp"

namespace agentic::api {

/// The OpenAPI 3.1 document of these routes as compact JSON. Throws std::logic_error when two different types share a component name.
std::string openapi_document(std::span<const Route> routes);

/// The document of all_routes(), built at the first call.
const std::string& openapi_document();

/// What the documentation says of a tag; "" for one it does not know.
std::string_view describe_tag(std::string_view tag);

}  // namespace agentic::api
