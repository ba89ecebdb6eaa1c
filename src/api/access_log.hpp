#pragma once
#include <chrono>

#include "core/uuid.hpp"
#include "http/message.hpp"

namespace agentic::api {

struct Route;

/// One line for each answered request, at info: method, route (its pattern, since paths and queries may hold what is private), status, duration
/// until the answer's head, request id, tenant. Probes are not worth one. `route` is nullptr when there is none, `tenant` nil when nobody signed in.
void log_access(const http::Request& request, const Route* route, int status, const Uuid& tenant, std::chrono::steady_clock::duration took);

}  // namespace agentic::api
