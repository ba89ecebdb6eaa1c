#pragma once
// Runs one coroutine of a test on an io_context, with a cap on its time.
#include <boost/asio/co_spawn.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

#include "async/types.hpp"

namespace agentic::test {

/// The coroutine's value; its exception is rethrown; std::runtime_error when it has not ended within `cap`.
template <class T>
T run(asio::io_context& context, Awaitable<T> work, std::chrono::milliseconds cap = std::chrono::seconds(10)) {
    std::optional<T> out;
    std::exception_ptr failure;
    asio::co_spawn(context, std::move(work), [&](std::exception_ptr thrown, T value) {
        failure = thrown;
        out = std::move(value);
        context.stop();
    });
    context.restart();
    context.run_for(cap);
    if (failure) std::rethrow_exception(failure);
    if (!out) throw std::runtime_error("the coroutine did not end in time");
    return *std::move(out);
}

}  // namespace agentic::test
