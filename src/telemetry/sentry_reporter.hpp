#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "async/task_group.hpp"
#include "async/types.hpp"
#include "async/wakeup.hpp"
#include "core/clock.hpp"
#include "http/outbound.hpp"
#include "telemetry/sentry_dsn.hpp"
#include "telemetry/sentry_event.hpp"

namespace agentic::telemetry {

/// Sends errors to a Sentry project, one after the other in the background, through the guarded client. It never holds anybody up: what a short queue
/// cannot take, what comes faster than once a second for long, and what cannot be delivered is dropped, and the next event says how many. Each change of
/// whether it gets through is logged once, as a warning. Lives on the executor `home`; report() is thread-safe.
class SentryReporter {
public:
    SentryReporter(SentryDsn dsn, Reporter reporter, http::OutboundClient& outbound, const Clock& clock, IoExecutor home);

    /// Begins to send. Reports before it wait.
    void start();
    void report(ErrorReport report);
    /// Sends what waits, for about `flush` at most, and ends. Idempotent.
    Awaitable<void> stop(std::chrono::milliseconds flush);

private:
    static constexpr std::size_t kWaitingMax = 60;                     // reports, also a minute's worth of the rate
    static constexpr auto kPace = std::chrono::seconds(1);             // between events in the long run
    static constexpr auto kSendTimeout = std::chrono::milliseconds(3'000);

    Awaitable<void> run();
    std::optional<ErrorReport> take();
    Awaitable<void> send(const ErrorReport& report);
    void note(bool delivered, std::uint64_t lost, std::string_view why);
    bool past_flush();

    const SentryDsn dsn_;
    const Reporter reporter_;
    http::OutboundClient& outbound_;
    const Clock& clock_;
    const IoExecutor home_;
    const std::shared_ptr<async::Wakeup> wake_;
    async::TaskGroup group_{"sentry"};

    std::mutex mutex_;                                                 // guards what follows
    std::deque<ErrorReport> waiting_;
    std::chrono::steady_clock::time_point paid_until_;                 // a bucket of kWaitingMax tokens, as the time when it is full again
    std::optional<std::chrono::steady_clock::time_point> stop_at_;     // set when stopping

    std::atomic<std::uint64_t> lost_ = 0;
    std::chrono::steady_clock::time_point silent_until_;               // the server's wish; on the home thread alone, as the next
    bool delivers_ = true;
};

}  // namespace agentic::telemetry
