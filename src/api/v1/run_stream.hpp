#pragma once
#include "api/request_context.hpp"
#include "api/route.hpp"
#include "services/runs/run_reader.hpp"

namespace agentic::api::v1 {

/// What documentation says of a stream of run events.
ResponseDoc run_stream_doc();

/// 200 with a run's events as Server-Sent Events: frames as they come, a comment every 15 s of silence. Ends with the run, when its client is too slow,
/// and within seconds of the asker's credential being revoked or seeing fewer runs than before.
http::Response run_stream_response(RequestContext& ctx, services::RunReader reader);

/// Where a client that comes back wants to go on: `Last-Event-ID`, else `after`.
std::int64_t resume_after(const http::Request& request, std::int64_t after);

}  // namespace agentic::api::v1
