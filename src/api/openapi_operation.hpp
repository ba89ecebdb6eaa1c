#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "api/route.hpp"

namespace agentic::api {

/// Appends the operation object of one route. `is_resource` is what the router says of its path.
void add_operation(std::string& path_item, const Route& route, bool is_resource);

/// "get", "delete": how a path item names the method.
std::string_view method_key(http::Method method);

/// The statuses of the `Error` answers that a route can give, from its policy and inputs, in order.
std::vector<int> failures_of(const Route& route, bool is_resource);

}  // namespace agentic::api
