#pragma once
#include "api/request_context.hpp"
#include "api/route.hpp"

namespace agentic::api {

/// Whether an Idempotency-Key means something to the route: to every POST of a known user that changes anything.
bool takes_idempotency_key(const Route& route);

/// Carries a request with an Idempotency-Key out once, however often it comes within 24 hours. The first answer is given again with
/// `Idempotency-Replayed: true`, unless it was a 5xx or a 429: then the next request starts anew. A run that was started is joined instead, also
/// after a crash, because the key and the run are stored in one commit. `handle` calls the endpoint; a request without a key is nothing more than that.
///
/// Fails with `bad_request` (not a key), `validation_error` (the key belongs to another request), `conflict` (the first request is still being
/// carried out, or its answer held a secret). A crash between an endpoint's commit and that of its answer lets the next request, after a minute,
/// carry it out again; never a run.
Task<http::Response> answer_once(const Route& route, RequestContext& context, Task<http::Response> (*handle)(const Route&, RequestContext&));

}  // namespace agentic::api
