#include "api/endpoint.hpp"
#include "api/error_response.hpp"
#include "api/services.hpp"
#include "api/v1/routes.hpp"
#include "api/v1/run_stream.hpp"
#include "schemas/execute.hpp"
#include "services/runs/run_service.hpp"

namespace agentic::api::v1 {
namespace {

// The longest timeout_seconds an agent may have, and time to store the end.
constexpr std::chrono::seconds kLongestAnswer{3'700};
constexpr auto kForever = std::chrono::steady_clock::time_point::max();

/// One message to an agent. The run belongs to no request: it goes on when the client leaves. `X-Run-ID` names it on every answer, errors included.
/// Fails before anything is stored as RunService::execute does; a run that ends without an answer is the error it ended with.
Task<http::Response> agent_execute(RequestContext& ctx, schemas::ExecuteRequest in) {
    AGENTIC_CO_TRY(const auto agent_id, ctx.path_id("agent_id", "Agent"));
    auto& runs = *ctx.services.runs;
    const bool streams = in.stream, is_background = in.background;
    AGENTIC_CO_TRY(const auto run, co_await runs.execute(ctx.op, agent_id, std::move(in)));
    ctx.response_headers.add("x-run-id", run->run_id.to_string());
    if (is_background) {
        const auto status = to_string(run->has_begun() ? RunStatus::running : RunStatus::queued);
        co_return json_response(202, schema::to_json(schemas::ExecuteAccepted{run->run_id, std::string(status)}));
    }
    if (streams) co_return run_stream_response(ctx, runs.follow(ctx.op, run, 0));
    const auto end = co_await run->channel.wait_end(kForever);
    if (end && end->body) co_return json_response(200, *end->body);
    co_return error_response(end ? end->error : Error{.code = ErrorCode::unavailable, .public_message = "The run goes on; follow it under /v1/runs"}, ctx.request);
}

}  // namespace

Routes execute_routes() {
    return {
        endpoint<agent_execute>(http::Method::post, "/v1/agents/{agent_id}/execute", "agent_execute", "Agents", "Ask an agent", Policy::role(Role::member, "agents:execute"),
                                {{200, &schema::Codec<schemas::ExecuteResponse>::type(), "The answer"},
                                 {202, &schema::Codec<schemas::ExecuteAccepted>::type(), "Accepted, with `background`"},
                                 run_stream_doc()})
            .within(kLongestAnswer)
            .describe("Stores the message, runs the agent and answers in one of three ways: the whole answer, Server-Sent Events (`stream`), or at once "
                      "(`background`). The run goes on when the client leaves, and survives a restart of the server; `X-Run-ID` names it."),
    };
}

}  // namespace agentic::api::v1
