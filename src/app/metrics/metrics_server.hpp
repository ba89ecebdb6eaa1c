#pragma once
#include <memory>

#include "app/config/config.hpp"
#include "http/server.hpp"
#include "telemetry/metrics.hpp"

namespace agentic::app {

/// Answers GET /metrics, and nothing else, on a port of its own, so that who reaches the API does not reach it (docs/decisions/0015). Not yet started.
/// Fails with what an operator can act on.
Result<std::unique_ptr<http::Server>> metrics_server(const MetricsConfig& config, const telemetry::Metrics& metrics, async::IoPool& io, async::WorkPool& files, const Clock& clock);

}  // namespace agentic::app
