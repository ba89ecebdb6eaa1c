#include "telemetry/sentry_reporter.hpp"

#include <algorithm>
#include <format>
#include <utility>

#include "core/log.hpp"

namespace agentic::telemetry {
namespace {

constexpr auto kForever = std::chrono::steady_clock::time_point::max();

}  // namespace

SentryReporter::SentryReporter(SentryDsn dsn, Reporter reporter, http::OutboundClient& outbound, const Clock& clock, IoExecutor home)
    : dsn_(std::move(dsn)), reporter_(std::move(reporter)), outbound_(outbound), clock_(clock), home_(home), wake_(async::Wakeup::create(home)) {}

void SentryReporter::start() { group_.spawn(home_, run()); }

void SentryReporter::report(ErrorReport report) {
    {
        const std::scoped_lock lock(mutex_);
        const auto now = clock_.steady();
        paid_until_ = std::max(paid_until_, now) + kPace;
        if (waiting_.size() >= kWaitingMax || paid_until_ > now + kPace * kWaitingMax) {
            paid_until_ -= kPace;
            ++lost_;
            return;
        }
        waiting_.push_back(std::move(report));
    }
    wake_->ring();
}

std::optional<ErrorReport> SentryReporter::take() {
    const std::scoped_lock lock(mutex_);
    if (waiting_.empty()) return std::nullopt;
    auto report = std::move(waiting_.front());
    waiting_.pop_front();
    return report;
}

bool SentryReporter::past_flush() {
    const std::scoped_lock lock(mutex_);
    if (!stop_at_ || (!waiting_.empty() && clock_.steady() < *stop_at_)) return false;
    lost_ += waiting_.size();
    return true;
}

Awaitable<void> SentryReporter::run() {
    while (!past_flush()) {
        if (auto report = take()) co_await send(*report);
        else co_await wake_->wait(kForever);
    }
}

Awaitable<void> SentryReporter::send(const ErrorReport& report) {
    if (clock_.steady() < silent_until_) {
        ++lost_;
        co_return;
    }
    const auto lost = lost_.exchange(0);
    http::OutboundRequest request;
    request.url = dsn_.envelope_url;
    request.headers = {{"content-type", "application/x-sentry-envelope"}};
    request.secret_headers.emplace_back(
        "x-sentry-auth", Secret(std::format("Sentry sentry_version=7, sentry_client=agentic/" AGENTIC_VERSION ", sentry_key={}", dsn_.public_key.reveal())));
    request.body = sentry_envelope(report, reporter_, clock_.now(), lost);
    request.connect_timeout = request.total_timeout = request.idle_timeout = kSendTimeout;
    request.max_response_bytes = 64 << 10;
    const auto answer = co_await outbound_.send(std::move(request));
    if (answer) silent_until_ = clock_.steady() + sentry_pause(*answer);
    const bool delivered = answer && answer->status >= 200 && answer->status < 300;
    if (!delivered) lost_ += lost + 1;
    note(delivered, lost, answer ? std::format("HTTP status {}", answer->status) : answer.error().public_message);
}

void SentryReporter::note(bool delivered, std::uint64_t lost, std::string_view why) {
    if (std::exchange(delivers_, delivered) == delivered) return;
    if (delivered) log::info("sentry_reached", "Errors reach Sentry again", {{"lost", lost}});
    else log::warning("sentry_unreachable", "An error could not be sent to Sentry; until one can, no more is said about it", {{"reason", why}});
}

Awaitable<void> SentryReporter::stop(std::chrono::milliseconds flush) {
    {
        const std::scoped_lock lock(mutex_);
        if (!stop_at_) stop_at_ = clock_.steady() + flush;
    }
    wake_->ring();
    co_await group_.join();
}

}  // namespace agentic::telemetry
