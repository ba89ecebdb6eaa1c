#pragma once
#include <boost/asio/co_spawn.hpp>

#include <exception>
#include <future>
#include <utility>

#include "async/types.hpp"

namespace agentic::app {

/// Runs `task` on `executor` and blocks until it has ended: the bridge from the main thread, which starts and stops the server, to the I/O threads, which
/// must be running. Never call it on one of them.
template <class T>
T run_blocking(IoExecutor executor, Awaitable<T> task) {
    std::promise<T> promise;
    auto result = promise.get_future();
    if constexpr (std::is_void_v<T>) {
        asio::co_spawn(executor, std::move(task), [&](std::exception_ptr failure) { failure ? promise.set_exception(failure) : promise.set_value(); });
    } else {
        asio::co_spawn(executor, std::move(task), [&](std::exception_ptr failure, T value) {
            failure ? promise.set_exception(failure) : promise.set_value(std::move(value));
        });
    }
    return result.get();
}

}  // namespace agentic::app
