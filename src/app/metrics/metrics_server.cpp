#include "app/metrics/metrics_server.hpp"

#include <utility>

#include "async/offload.hpp"

namespace agentic::app {
namespace {

http::Response plain(int status, std::string body, const char* type = "text/plain; charset=utf-8") {
    http::Response response{.status = status, .body = std::move(body)};
    response.headers.add("content-type", type);
    return response;
}

/// Some thousand lines take milliseconds to write: not on an I/O thread.
Awaitable<http::Response> answer(const http::Request& request, const telemetry::Metrics& metrics, async::WorkPool& files) {
    if (request.path != "/metrics") co_return plain(404, "Metrics are at /metrics\n");
    if (request.method != http::Method::get && request.method != http::Method::head) {
        auto refusal = plain(405, "Metrics are only read\n");
        refusal.headers.add("allow", "GET, HEAD");
        co_return refusal;
    }
    auto text = co_await async::offload(files, [&] { return metrics.text(); });
    if (!text) co_return plain(503, text.error().public_message + "\n");
    co_return plain(200, *std::move(text), "text/plain; version=0.0.4; charset=utf-8");
}

}  // namespace

Result<std::unique_ptr<http::Server>> metrics_server(const MetricsConfig& config, const telemetry::Metrics& metrics, async::IoPool& io, async::WorkPool& files, const Clock& clock) {
    http::ServerSettings settings{.address = config.host, .port = config.port, .connections_max = 64};
    auto server = http::Server::create(std::move(settings), io, files, clock, [&](http::Request& request) { return answer(request, metrics, files); });
    if (!server) server.error().public_message.insert(0, "METRICS_PORT: ");
    return server;
}

}  // namespace agentic::app
