#include "app/housekeeping.hpp"

#include <exception>
#include <utility>

#include "core/log.hpp"

namespace agentic::app {

Housekeeping::Housekeeping(IoExecutor home, std::chrono::steady_clock::duration interval, Work work)
    : home_(home), interval_(interval), work_(std::move(work)), end_(async::Wakeup::create(home)) {}

void Housekeeping::start() { group_.spawn(home_, loop()); }

Awaitable<void> Housekeeping::loop() {
    while (!co_await end_->wait(std::chrono::steady_clock::now() + interval_)) co_await round();
}

Awaitable<void> Housekeeping::round() {
    try {
        const auto cleared = co_await work_();
        if (!cleared) log::warning("housekeeping_failed", cleared.error().public_message, {{"context", cleared.error().internal_context}});
        else if (*cleared > 0) log::info("housekeeping", "Cleared what nobody needs any more", {{"rows", *cleared}});
    } catch (const std::exception& error) {
        log::error("housekeeping_failed", "Housekeeping met an exception", {{"what", error.what()}});
    }
}

Awaitable<void> Housekeeping::stop() {
    end_->ring();
    co_await group_.join();
}

}  // namespace agentic::app
