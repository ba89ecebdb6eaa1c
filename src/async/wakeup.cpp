#include "async/wakeup.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace agentic::async {

std::shared_ptr<Wakeup> Wakeup::create(IoExecutor home) { return std::shared_ptr<Wakeup>(new Wakeup(home)); }

void Wakeup::ring() {
    asio::post(timer_.get_executor(), [self = shared_from_this()] {
        self->rung_ = true;
        self->timer_.cancel();
    });
}

Awaitable<bool> Wakeup::wait(std::chrono::steady_clock::time_point until) {
    const auto self = shared_from_this();
    while (!rung_ && std::chrono::steady_clock::now() < until) {
        timer_.expires_at(until);
        co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable_t<IoExecutor>{}));
        if ((co_await asio::this_coro::cancellation_state).cancelled() != asio::cancellation_type::none) break;
    }
    co_return std::exchange(rung_, false);
}

}  // namespace agentic::async
