#include "support/co_test.hpp"

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <memory>
#include <utility>

namespace agentic::test {

void run_coroutine(Awaitable<void> task, std::chrono::steady_clock::duration max) {
    auto context = std::make_unique<asio::io_context>(1);
    std::exception_ptr failure;
    bool done = false;
    asio::co_spawn(context->get_executor(), std::move(task), [&](std::exception_ptr thrown) {
        failure = thrown;
        done = true;
    });
    context->run_for(max);
    if (!done) {
        ADD_FAILURE() << "the coroutine did not finish in time";
        static_cast<void>(context.release());
        return;
    }
    if (failure) std::rethrow_exception(failure);
}

}  // namespace agentic::test
