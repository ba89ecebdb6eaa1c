#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/clock.hpp"
#include "http/outbound.hpp"

namespace agentic::telemetry {

/// One error, as the log has it. The fields are those of the log line: no secrets, no prompts, no answers.
struct ErrorReport {
    Timestamp at;
    std::string event;    // snake_case, stable
    std::string message;
    std::vector<std::pair<std::string, std::string>> fields;
};

/// Who reports.
struct Reporter {
    std::string release;  // "agentic@0.1.0"
    std::string environment;
    std::string server_name;
};

/// The envelope of one event: three lines of JSON, at most about 100 KB whatever the report holds. `lost`: how many reports before it could not be
/// sent. Errors of one kind on one route are one issue. Source: develop.sentry.dev/sdk/foundations/transport/envelopes and .../event-payloads.
std::string sentry_envelope(const ErrorReport& report, const Reporter& reporter, Timestamp now, std::uint64_t lost);

/// How long the server wants no more errors, zero when it has not said so: `X-Sentry-Rate-Limits`, else `Retry-After` in seconds, else a minute for a
/// 429. Source: develop.sentry.dev/sdk/foundations/transport/rate-limiting.
std::chrono::seconds sentry_pause(const http::OutboundResponse& response);

}  // namespace agentic::telemetry
