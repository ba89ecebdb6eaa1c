#pragma once
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "core/context.hpp"
#include "db/repositories/idempotency.hpp"
#include "http/message.hpp"
#include "schema/codec.hpp"

namespace agentic::api {

struct Services;  // api/services.hpp: what endpoints may use

/// One request on its way to an endpoint: the request, who asks, and the services. Lives above the endpoint's frame.
struct RequestContext {
    http::Request& request;
    OpContext& op;          // on open routes: a principal of no tenant
    Services& services;
    std::vector<std::pair<std::string_view, std::string_view>> path_parameters;
    http::Headers response_headers;   // added to whatever the endpoint answers
    std::optional<db::IdempotencyClaim> claim{};   // the Idempotency-Key that this request holds
    std::optional<Uuid> earlier_run{};             // what an earlier request with the same key has started

    /// A path parameter as an id. What is not a UUID cannot exist: the same `not_found` as a missing row of `what`.
    Result<Uuid> path_id(std::string_view name, std::string_view what) const;
    std::string_view path_text(std::string_view name) const;
    /// For PATCH and DELETE of resources whose GET carries an ETag: `precondition_failed` when the client's If-Match does not list the tag of
    /// `current`, which is what the GET would answer now. Serialises only when the client asks.
    template <class T>
    Result<void> require_match(const T& current) const {
        if (request.headers.count("if-match") == 0) return {};
        return require_match_json(schema::to_json(current));
    }
    Result<void> require_match_json(std::string_view current) const;
};

/// `unsupported_media_type` unless the body is declared as JSON (or is empty, with no declaration).
Result<void> require_json(const http::Request& request);

}  // namespace agentic::api
