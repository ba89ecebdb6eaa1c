#include "api/v1/health.hpp"

#include <algorithm>
#include <iterator>

#include "api/endpoint.hpp"
#include "api/services.hpp"
#include "api/v1/routes.hpp"
#include "db/executor.hpp"

namespace agentic::api {

Awaitable<std::vector<schemas::HealthCheck>> Readiness::checks() {
    const auto now = phase();
    const bool database = now == Phase::serving && (co_await db_.ping()).has_value();  // while starting or draining nothing depends on it
    co_return std::vector<schemas::HealthCheck>{{"started", now != Phase::starting}, {"accepting", now != Phase::draining}, {"database", database}};
}

std::vector<schemas::HealthCheck> Readiness::shown() const {
    std::vector<schemas::HealthCheck> out;
    for (const auto& [name, ok] : shown_) out.push_back({name, ok()});
    return out;
}

namespace v1 {
namespace {

using schemas::HealthQuery;
using schemas::HealthStatus;

/// What machines read of a probe is the status alone; it must not be kept by anything in between.
http::Response probe_response(int status, const HealthStatus& body) {
    auto response = json_response(status, schema::to_json(body));
    response.headers.set("Cache-Control", "no-store");
    if (status != 200) response.headers.set("Retry-After", "1");
    return response;
}

std::string_view word_for(Readiness::Phase phase, bool ready) {
    switch (phase) {
        case Readiness::Phase::starting: return "starting";
        case Readiness::Phase::draining: return "draining";
        case Readiness::Phase::serving: break;
    }
    return ready ? "ready" : "unavailable";
}

/// 200 as long as the process answers at all: a restart would not help a database that is away.
Task<http::Response> health_live(RequestContext&, Query<HealthQuery> query) {
    HealthStatus body{.status = "ok", .checks = {}};
    if (query.verbose) body.checks = {{"process", true}};
    co_return probe_response(200, body);
}

Task<http::Response> health_ready(RequestContext& ctx, Query<HealthQuery> query) {
    auto checks = co_await ctx.services.readiness.checks();
    const bool ready = std::ranges::all_of(checks, &schemas::HealthCheck::ok);
    HealthStatus body{.status = std::string(word_for(ctx.services.readiness.phase(), ready)), .checks = {}};
    if (query.verbose) {
        std::ranges::move(ctx.services.readiness.shown(), std::back_inserter(checks));
        body.checks = std::move(checks);
    }
    co_return probe_response(ready ? 200 : 503, body);
}

constexpr auto kProbe = "probes have no credentials, and the answer says nothing about tenants";

template <auto handler>
Route probe(std::string_view path, std::string_view operation_id, std::string_view summary) {
    std::vector<ResponseDoc> answers{{200, &schema::Codec<HealthStatus>::type(), "Yes"}};
    if (handler == health_ready) answers.push_back({503, &schema::Codec<HealthStatus>::type(), "Not now"});
    return endpoint<handler>(http::Method::get, path, operation_id, "Health", summary, Policy::open(kProbe), std::move(answers));
}

}  // namespace

Routes health_routes() {
    return {
        probe<health_live>("/health", "health", "Whether the process lives"),
        probe<health_live>("/health/live", "health_live", "Whether the process lives"),
        probe<health_live>("/livez", "livez", "Whether the process lives"),
        probe<health_ready>("/health/ready", "health_ready", "Whether the server should get requests"),
        probe<health_ready>("/readyz", "readyz", "Whether the server should get requests"),
    };
}

}  // namespace v1
}  // namespace agentic::api
