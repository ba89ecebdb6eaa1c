#include "api/endpoint.hpp"
#include "api/error_response.hpp"
#include "api/services.hpp"
#include "api/v1/routes.hpp"
#include "api/v1/run_stream.hpp"
#include "schemas/agents.hpp"
#include "schemas/execute.hpp"
#include "services/runs/run_service.hpp"

namespace agentic::api::v1 {
namespace {

// The longest that an agent may take, and time to store the end.
constexpr std::chrono::seconds kLongestAnswer{schemas::kAgentTimeoutMaxS + 100};
constexpr auto kForever = std::chrono::steady_clock::time_point::max();

http::Response response_of(const services::RunEnd& end, const http::Request& request) {
    return end.body ? json_response(200, *end.body) : error_response(end.error, request);
}

/// The same answer for a request that comes again with its Idempotency-Key.
Task<http::Response> answer_of_earlier(RequestContext& ctx, Uuid run_id, const schemas::ExecuteRequest& in) {
    auto& runs = *ctx.services.runs;
    ctx.response_headers.add("x-run-id", run_id.to_string());
    if (in.background) {
        AGENTIC_CO_TRY(const auto row, co_await runs.view(ctx.op, run_id));
        co_return json_response(202, schema::to_json(schemas::ExecuteAccepted{run_id, std::string(to_string(row.status))}));
    }
    if (in.stream) {
        AGENTIC_CO_TRY(auto reader, co_await runs.follow(ctx.op, run_id, resume_after(ctx.request, 0)));
        co_return run_stream_response(ctx, std::move(reader));
    }
    AGENTIC_CO_TRY(const auto end, co_await runs.end_of(ctx.op, run_id, kLongestAnswer));
    co_return response_of(end, ctx.request);
}

/// One message to an agent. The run belongs to no request: it goes on when the client leaves. `X-Run-ID` names it on every answer, errors included.
/// Fails before anything is stored as RunService::execute does; a run that ends without an answer is the error it ended with.
Task<http::Response> agent_execute(RequestContext& ctx, schemas::ExecuteRequest in) {
    AGENTIC_CO_TRY(const auto agent_id, ctx.path_id("agent_id", "Agent"));
    if (ctx.earlier_run) co_return co_await answer_of_earlier(ctx, *ctx.earlier_run, in);
    auto& runs = *ctx.services.runs;
    const bool streams = in.stream, is_background = in.background;
    AGENTIC_CO_TRY(const auto run, co_await runs.execute(ctx.op, agent_id, std::move(in), ctx.claim));
    ctx.response_headers.add("x-run-id", run->run_id.to_string());
    if (is_background) {
        const auto status = to_string(run->has_begun() ? RunStatus::running : RunStatus::queued);
        co_return json_response(202, schema::to_json(schemas::ExecuteAccepted{run->run_id, std::string(status)}));
    }
    if (streams) co_return run_stream_response(ctx, runs.follow(ctx.op, run, 0));
    const auto end = co_await run->channel.wait_end(kForever);
    if (end) co_return response_of(*end, ctx.request);
    co_return fail(ErrorCode::unavailable, "The run goes on; follow it under /v1/runs");
}

}  // namespace

Routes execute_routes() {
    return {
        endpoint<agent_execute>(http::Method::post, "/v1/agents/{agent_id}/execute", "agent_execute", "Agents", "Ask an agent", Policy::role(Role::member, "agents:execute"),
                                {{200, &schema::Codec<schemas::ExecuteResponse>::type(), "The answer"},
                                 {202, &schema::Codec<schemas::ExecuteAccepted>::type(), "Accepted, with `background`"},
                                 run_stream_doc()})
            .repeats(Repeat::run)
            .asks_a_provider()
            .within(kLongestAnswer)
            .describe("Stores the message, runs the agent and answers in one of three ways: the whole answer, Server-Sent Events (`stream`), or at once "
                      "(`background`). The run goes on when the client leaves, and survives a restart of the server; `X-Run-ID` names it. With an `Idempotency-Key` a "
                      "repeated request joins the run that the first one started. A run that failed answers with its error: 502 when the model failed, 409 (`cancelled`) when the run was "
                      "cancelled."),
    };
}

}  // namespace agentic::api::v1
