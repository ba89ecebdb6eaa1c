#include "api/endpoint.hpp"
#include "api/services.hpp"
#include "api/v1/routes.hpp"
#include "api/v1/run_stream.hpp"
#include "db/repositories/runs.hpp"
#include "db/repositories/usage.hpp"
#include "schemas/runs.hpp"
#include "services/runs/run_service.hpp"

namespace agentic::api::v1 {
namespace {

schemas::Run to_response(db::RunRow row) {
    std::optional<schemas::RunError> error;
    if (row.error_code) error = schemas::RunError{*std::move(row.error_code), row.error_message.value_or("")};
    return {.id = row.id,
            .agent_id = row.agent_id,
            .agent_version = row.agent_version,
            .conversation_id = row.conversation_id,
            .user_id = row.user_id,
            .status = row.status,
            .input = std::move(row.input),
            .metadata = std::move(row.metadata),
            .attempt = row.attempt,
            .iterations = row.iterations,
            .cancel_requested = row.cancel_requested,
            .user_message_id = row.user_message_id,
            .message_id = row.message_id,
            .error = std::move(error),
            .model = std::move(row.model),
            .stop_reason = std::move(row.stop_reason),
            .warnings = std::move(row.warnings),
            .token_usage = schemas::token_usage(row),
            .cost_micros = row.cost_micros,
            .latency_ms = row.latency_ms,
            .created_at = row.created_at,
            .started_at = row.started_at,
            .finished_at = row.finished_at,
            .steps = std::nullopt};
}

schemas::RunStep to_step(const db::UsageRow& row) {
    return {.id = row.id, .type = "model_call", .provider = row.provider, .model = row.model, .token_usage = schemas::token_usage(row), .cost_micros = row.cost_micros, .created_at = row.created_at};
}

Task<schemas::RunList> run_list(RequestContext& ctx, Query<schemas::RunListQuery> query) {
    AGENTIC_CO_TRY(auto page, co_await db::RunRepository(ctx.services.db)
                                  .list(ctx.op.tenant, db::ConversationAccess::of(ctx.op.principal),
                                        {.agent_id = query.agent_id, .conversation_id = query.conversation_id, .status = query.status, .page = {query.page, query.limit}}));
    schemas::RunList list{.data = {}, .pagination = schemas::Pagination::of(query.page, query.limit, page.total)};
    for (auto& row : page.rows) list.data.push_back(to_response(std::move(row)));
    co_return list;
}

/// Fails with `not_found`, as every route on one run does.
Task<schemas::Run> run_view(RequestContext& ctx) {
    AGENTIC_CO_TRY(const auto id, ctx.path_id("run_id", "Run"));
    AGENTIC_CO_TRY(auto row, co_await ctx.services.runs->view(ctx.op, id));
    AGENTIC_CO_TRY(const auto calls, co_await db::UsageRepository(ctx.services.db).of_run(ctx.op.tenant, id));
    auto run = to_response(std::move(row));
    run.steps.emplace();
    for (const auto& call : calls) run.steps->push_back(to_step(call));
    co_return run;
}

Task<schemas::Run> run_cancel(RequestContext& ctx) {
    AGENTIC_CO_TRY(const auto id, ctx.path_id("run_id", "Run"));
    AGENTIC_CO_TRY(auto row, co_await ctx.services.runs->cancel(ctx.op, id));
    co_return to_response(std::move(row));
}

Task<schemas::Run> run_wait(RequestContext& ctx, Query<schemas::RunWaitQuery> query) {
    AGENTIC_CO_TRY(const auto id, ctx.path_id("run_id", "Run"));
    AGENTIC_CO_TRY(auto row, co_await ctx.services.runs->wait(ctx.op, id, std::chrono::seconds(query.timeout)));
    co_return to_response(std::move(row));
}

/// What is there now, without waiting.
Task<http::Response> events_so_far(services::RunReader reader, std::int64_t limit) {
    schemas::RunEventList list;
    bool is_full = false;
    for (bool is_last = false; !is_last && !is_full;) {
        AGENTIC_CO_TRY(const auto piece, co_await reader.next(std::chrono::steady_clock::time_point::min()));
        is_last = piece.is_last || piece.bytes.empty();
        services::read_frames(piece.bytes, [&](const services::StoredEvent& event) {
            is_full = std::ssize(list.data) >= limit;
            if (!is_full) list.data.push_back({event.sequence, std::string(event.type), {std::string(event.data)}});
        });
    }
    if (is_full) list.next_after = list.data.back().sequence;
    co_return json_response(200, schema::to_json(list));
}

/// JSON, or a stream for who accepts `text/event-stream`.
Task<http::Response> run_events(RequestContext& ctx, Query<schemas::RunEventsQuery> query) {
    AGENTIC_CO_TRY(const auto id, ctx.path_id("run_id", "Run"));
    AGENTIC_CO_TRY(auto reader, co_await ctx.services.runs->follow(ctx.op, id, resume_after(ctx.request, query.after)));
    const bool streams = ctx.request.headers.get("accept").value_or("").contains("text/event-stream");
    if (streams) co_return run_stream_response(ctx, std::move(reader));
    co_return co_await events_so_far(std::move(reader), query.limit);
}

constexpr std::chrono::seconds kLongestWait{70};

}  // namespace

Routes run_routes() {
    using http::Method;
    const auto read = Policy::role(Role::viewer, "runs:read");
    return {
        endpoint<run_list>(Method::get, "/v1/runs", "run_list", "Runs", "List runs", read),
        endpoint<run_view>(Method::get, "/v1/runs/{run_id}", "run_view", "Runs", "Show a run with its steps", read),
        endpoint<run_events>(Method::get, "/v1/runs/{run_id}/events", "run_events", "Runs", "Read or follow the events of a run", read,
                             {{200, &schema::Codec<schemas::RunEventList>::type(), "The events so far"}, run_stream_doc()})
            .describe("With `Accept: text/event-stream` the same events as a stream, from `Last-Event-ID` or `after` on: what was sent before is replayed byte for "
                      "byte, the rest comes as it happens."),
        endpoint<run_cancel>(Method::post, "/v1/runs/{run_id}/cancel", "run_cancel", "Runs", "Cancel a run", Policy::role(Role::member, "agents:execute"))
            .describe("Durable: the run is cancelled even when the server restarts meanwhile. A run that has ended stays as it is."),
        endpoint<run_wait>(Method::post, "/v1/runs/{run_id}/wait", "run_wait", "Runs", "Wait for the end of a run", read).repeats(Repeat::harmless).within(kLongestWait),
    };
}

}  // namespace agentic::api::v1
