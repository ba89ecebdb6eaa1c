#pragma once
// A language model that does what the test wrote down: one script per call, in order, then the last one again.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "async/wakeup.hpp"
#include "providers/llm/llm_client.hpp"

namespace agentic::test {

struct LlmScript {
    std::vector<std::string> deltas{"Hello", ", ", "world"};
    std::vector<std::string> thinking{};
    std::chrono::milliseconds pause{0};     // before each delta
    bool hangs = false;                     // after the deltas, until it is cancelled
    bool throws = false;
    std::optional<Error> error{};           // instead of an answer
    std::optional<llm::Usage> reported{};   // before the first delta
    llm::StopReason stop_reason = llm::StopReason::end_turn;
    std::vector<llm::Block> blocks{};       // instead of one text block with all deltas
    std::vector<llm::Citation> citations{};
    llm::Usage usage{.input_tokens = 10, .output_tokens = 5};
    std::function<void()> on_call{};        // when the call starts
};

class FakeLlm final : public llm::LlmClient {
public:
    FakeLlm() = default;
    explicit FakeLlm(std::vector<LlmScript> scripts) : scripts_(std::move(scripts)) {}

    void play(std::vector<LlmScript> scripts) {
        const std::scoped_lock lock(mutex_);
        scripts_ = std::move(scripts);
        next_ = 0;
    }
    std::vector<llm::Request> requests() const {
        const std::scoped_lock lock(mutex_);
        return requests_;
    }
    std::size_t calls() const { return requests().size(); }
    /// Calls that ended by cancellation.
    std::size_t cancelled() const {
        const std::scoped_lock lock(mutex_);
        return cancelled_;
    }

    Task<llm::Answer> stream(llm::Request request, llm::DeltaSink sink) override {
        const auto script = take(std::move(request));
        if (script.on_call) script.on_call();
        if (script.reported) sink(llm::UsageReport{*script.reported});
        for (const auto& text : script.thinking) sink(llm::ThinkingDelta{text});
        for (const auto& text : script.deltas) {
            if (script.pause.count() > 0 && !co_await sleep(script.pause)) co_return stopped();
            sink(llm::TextDelta{text});
        }
        if (script.hangs) {
            co_await sleep(std::chrono::hours(1));
            co_return stopped();
        }
        if (script.throws) throw std::runtime_error("the fake model broke");
        if (script.error) co_return std::unexpected(*script.error);
        co_return answer_of(script);
    }

private:
    LlmScript take(llm::Request request) {
        const std::scoped_lock lock(mutex_);
        requests_.push_back(std::move(request));
        if (scripts_.empty()) return {};
        return scripts_[std::min(next_++, scripts_.size() - 1)];
    }

    static Awaitable<bool> sleep(std::chrono::milliseconds delay) {
        async::SteadyTimer timer(co_await asio::this_coro::executor, delay);
        const auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable_t<IoExecutor>{}));
        co_return !error;
    }

    std::unexpected<Error> stopped() {
        const std::scoped_lock lock(mutex_);
        ++cancelled_;
        return fail(ErrorCode::cancelled, "cancelled");
    }

    static llm::Answer answer_of(const LlmScript& script) {
        llm::Answer answer{.blocks = script.blocks, .stop_reason = script.stop_reason, .usage = script.usage, .model = "fake-1", .citations = script.citations};
        if (!answer.blocks.empty()) return answer;
        std::string text;
        for (const auto& delta : script.deltas) text += delta;
        answer.blocks.emplace_back(llm::TextBlock{text});
        return answer;
    }

    mutable std::mutex mutex_;
    std::vector<LlmScript> scripts_;
    std::size_t next_ = 0;
    std::vector<llm::Request> requests_;
    std::size_t cancelled_ = 0;
};

}  // namespace agentic::test
