#include "api/dispatch.hpp"

#include <boost/asio/cancel_after.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <algorithm>
#include <chrono>
#include <exception>
#include <stdexcept>
#include <string>

#include "api/access_log.hpp"
#include "api/answer_cache.hpp"
#include "api/endpoint.hpp"
#include "api/error_response.hpp"
#include "api/etag.hpp"
#include "api/idempotency.hpp"
#include "api/request_context.hpp"
#include "core/log.hpp"
#include "db/executor.hpp"
#include "http/status.hpp"
#include "services/authenticator.hpp"

namespace agentic::api {
namespace {

std::string allow(const Router::Match& match) {
    std::string methods;
    for (const auto method : match.allowed) {
        methods.append(http::to_string(method)).append(", ");
        if (method == http::Method::get) methods += "HEAD, ";
    }
    return methods + "OPTIONS";
}

// Failures of ours are logged here, once, with what the client is not told.
void log_failure(const Error& error, const http::Request& request, const Route& route, const Uuid& tenant) {
    if (http::status_of(error.code) < 500) return;
    log::error("request_failed", error.public_message,
               {{"request_id", request.request_id},
                {"method", http::to_string(request.method)},
                {"route", route.path},
                {"tenant_id", tenant.is_nil() ? std::string() : tenant.to_string()},
                {"code", to_string(error.code)},
                {"context", error.internal_context}});
}

Error internal_error(std::string context) {
    return {.code = ErrorCode::internal_error, .public_message = "Internal server error", .internal_context = std::move(context), .violations = {}};
}

// Strong tags over what is sent: a client that has the same bytes gets 304.
void apply_conditional_get(const http::Request& request, http::Response& response) {
    const bool reads = request.method == http::Method::get || request.method == http::Method::head;
    if (!reads || response.status != 200 || response.stream || response.headers.count("etag") > 0) return;
    const auto tag = etag_of(response.body);
    response.headers.add("etag", tag);
    const auto known = request.headers.get("if-none-match");
    if (!known || !none_match_lists(*known, tag)) return;
    response.status = 304;
    response.body.clear();
    response.headers.remove("content-type");
}

// What is answered without any endpoint: unknown paths, unknown methods, OPTIONS.
http::Response answer_without_route(const http::Request& request, const Router::Match& match) {
    if (match.allowed.empty()) return error_response(fail_not_found("Route").error(), request);
    auto response = request.method == http::Method::options
                        ? http::Response{.status = 204}
                        : error_response(fail(ErrorCode::method_not_allowed, "This path does not take that method").error(), request);
    response.headers.add("allow", allow(match));
    return response;
}

// The same text for every role, scope and kind: what a caller lacks is not the caller's business.
std::unexpected<Error> refuse(ErrorCode code) { return fail(code, "You are not allowed to do this"); }

std::string_view credential(const http::Request& request, std::string_view name) { return request.headers.get(name).value_or(std::string_view()); }

Task<http::Response> call_kept(const Route& route, RequestContext& context) {
    AGENTIC_CO_TRY(const auto mark, co_await context.services.db.change_mark(context.op.tenant, route.kept_while));
    auto& cache = *context.services.answers;
    if (auto body = cache.find(context, mark)) co_return json_response(200, *std::move(body));
    AGENTIC_CO_TRY(auto response, co_await route.handle(context));
    if (response.status == 200 && !response.stream) cache.keep(context, mark, response.body);
    co_return response;
}

// Endpoints that only read are bound by the deadlines of what they wait for; the others are cut off when their time is up.
Task<http::Response> call(const Route& route, RequestContext& context) {
    if (!route.kept_while.empty() && context.services.answers != nullptr) co_return co_await call_kept(route, context);
    if (route.method == http::Method::get) co_return co_await route.handle(context);
    const auto executor = co_await asio::this_coro::executor;
    co_return co_await asio::co_spawn(executor, route.handle(context), asio::cancel_after(route.timeout, asio::use_awaitable_t<IoExecutor>()));
}

Task<http::Response> call_with_headers(const Route& route, RequestContext& context) {
    AGENTIC_CO_TRY(auto response, co_await call(route, context));
    for (const auto [name, value] : context.response_headers.fields()) response.headers.add(name, value);
    co_return response;
}

}  // namespace

Dispatcher::Dispatcher(std::span<const Route> routes, Services& services, auth::Authenticator& authenticator, RequestObserver observer)
    : router_(routes), services_(services), authenticator_(authenticator), observer_(std::move(observer)) {}

Task<auth::Authenticated> Dispatcher::caller(const http::Request& request, const Route& route, Uuid& tenant) {
    if (route.policy.kind() == Policy::Kind::open) co_return auth::Authenticated{{}, auth::Authenticator::anonymous_scope()};
    const auto authorization = credential(request, "authorization"), api_key = credential(request, "x-api-key");
    auto who = authenticator_.cached(authorization, api_key);
    if (!who) {
        AGENTIC_CO_TRY(who, co_await authenticator_.authenticate(std::string(authorization), std::string(api_key)));
    }
    tenant = who->tenant.tenant_id();
    if (const auto refused = route.policy.refuses(who->principal)) co_return refuse(*refused);
    co_return *std::move(who);
}

Task<http::Response> Dispatcher::answer(http::Request& request, Router::Match& match, std::chrono::steady_clock::time_point deadline, Uuid& tenant) {
    const Route& route = *match.route;
    AGENTIC_CO_TRY(auto who, co_await caller(request, route, tenant));
    OpContext op{request.request_id, std::move(who.principal), who.tenant, services_.clock, deadline};
    RequestContext context{request, op, services_, std::move(match.parameters), {}};
    AGENTIC_CO_TRY(auto response, co_await answer_once(route, context, call_with_headers));
    if (match.is_resource) apply_conditional_get(request, response);
    co_return response;
}

Awaitable<http::Response> Dispatcher::operator()(http::Request& request) {
    auto match = router_.find(request.method, request.path);
    const auto started = services_.clock.steady();
    if (!match.route) {
        auto response = answer_without_route(request, match);
        answered(request, nullptr, response.status, {}, started);
        co_return response;
    }
    const auto deadline = started + match.route->timeout;
    Uuid tenant;
    Result<http::Response> result;
    try {
        result = co_await answer(request, match, deadline, tenant);
    } catch (const boost::system::system_error& error) {
        const bool cancelled = error.code() == asio::error::operation_aborted;
        if (cancelled && services_.clock.steady() < deadline) throw;  // the client is gone, or the server stops
        result = cancelled ? fail(ErrorCode::deadline_exceeded, "The request took too long") : std::unexpected(internal_error(error.what()));
    } catch (const std::exception& error) {
        result = std::unexpected(internal_error(error.what()));
    }
    if (!result) {
        log_failure(result.error(), request, *match.route, tenant);
        result = error_response(result.error(), request);
    }
    if (result->headers.count("cache-control") == 0) result->headers.add("cache-control", "no-store");
    answered(request, match.route, result->status, tenant, started);
    co_return *std::move(result);
}

void Dispatcher::answered(const http::Request& request, const Route* route, int status, const Uuid& tenant, std::chrono::steady_clock::time_point started) const {
    const auto took = services_.clock.steady() - started;
    log_access(request, route, status, tenant, took);
    if (observer_) observer_(request, route, status, took);
}

Task<> Dispatcher::admit(const http::Request& request, const Route& route, Uuid& tenant) {
    const bool takes_files = std::ranges::contains(route.also_accepts, std::string_view("multipart/form-data"), &RequestDoc::content_type);
    if (!takes_files) co_return fail(ErrorCode::unsupported_media_type, "This route takes no forms with files");
    AGENTIC_CO_CHECK(co_await caller(request, route, tenant));
    co_return Result<void>{};
}

Awaitable<std::optional<http::Response>> Dispatcher::refuse_upload(http::Request& request) {
    const auto match = router_.find(request.method, request.path);
    const auto started = services_.clock.steady();
    Uuid tenant;
    std::optional<http::Response> refusal;
    if (match.route) {
        Result<void> admitted;
        try {
            admitted = co_await admit(request, *match.route, tenant);
        } catch (const std::logic_error& error) {
            admitted = std::unexpected(internal_error(error.what()));
        }
        if (admitted) co_return std::nullopt;
        log_failure(admitted.error(), request, *match.route, tenant);
        refusal = error_response(admitted.error(), request);
    } else {
        refusal = answer_without_route(request, match);
    }
    answered(request, match.route, refusal->status, tenant, started);
    co_return refusal;
}

}  // namespace agentic::api
