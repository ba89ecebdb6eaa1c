#pragma once
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "async/types.hpp"

namespace agentic::async {

/// Awaits `task` where a cancellation of the awaiting coroutine does not reach it: for work that must not stop halfway, such as a commit and what
/// has to follow it. `task` bounds its own time.
template <class T>
Awaitable<T> shielded(Awaitable<T> task) {
    co_return co_await asio::co_spawn(co_await asio::this_coro::executor, std::move(task),
                                      asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable_t<IoExecutor>{}));
}

}  // namespace agentic::async
