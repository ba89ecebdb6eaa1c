#pragma once
#include <string_view>
#include <utility>
#include <vector>

#include "core/context.hpp"
#include "http/message.hpp"

namespace agentic::api {

struct Services;  // api/services.hpp: what endpoints may use

/// One request on its way to an endpoint: the request, who asks, and the services. Lives above the endpoint's frame.
struct RequestContext {
    http::Request& request;
    OpContext& op;          // on open routes: a principal of no tenant
    Services& services;
    std::vector<std::pair<std::string_view, std::string_view>> path_parameters;
    http::Headers response_headers;   // added to whatever the endpoint answers

    /// A path parameter as an id. What is not a UUID cannot exist: the same `not_found` as a missing row of `what`.
    Result<Uuid> path_id(std::string_view name, std::string_view what) const;
    std::string_view path_text(std::string_view name) const;
};

/// `unsupported_media_type` unless the body is declared as JSON (or is empty, with no declaration).
Result<void> require_json(const http::Request& request);

}  // namespace agentic::api
