#pragma once
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "async/types.hpp"
#include "async/work_pool.hpp"

namespace agentic::async {

/// Runs `fn` on `pool` and resumes on the coroutine's own executor, also when `fn` throws. `fn` cannot be interrupted, so it bounds its
/// own work. Fails with `unavailable` when the pool's queue is full. `co_await asio::post(pool, ...)` would not do this: it comes back home first.
template <class Fn, class R = std::invoke_result_t<Fn>>
Awaitable<Result<R>> offload(WorkPool& pool, Fn fn) {
    auto home = co_await asio::this_coro::executor;
    std::exception_ptr failure;
    std::optional<Result<R>> out;
    asio::use_awaitable_t<IoExecutor> token;
    co_await asio::async_initiate<asio::use_awaitable_t<IoExecutor>, void()>(
        [&](auto handler) {
            auto shared = std::make_shared<decltype(handler)>(std::move(handler));
            auto work = asio::make_work_guard(home);
            const bool accepted = pool.submit([&, shared, home, work]() mutable {
                try {
                    if constexpr (std::is_void_v<R>) {
                        fn();
                        out.emplace();
                    } else {
                        out.emplace(fn());
                    }
                } catch (...) {
                    failure = std::current_exception();
                }
                // Both go home: were they destroyed here, the coroutine and even its loop could be gone by then.
                asio::post(home, [shared = std::move(shared), work = std::move(work)] { std::move (*shared)(); });
            });
            if (!accepted) {
                out.emplace(fail(ErrorCode::unavailable, "The server is busy; try again shortly", "work pool queue is full"));
                asio::post(home, [shared] { std::move (*shared)(); });
            }
        },
        token);
    if (failure) std::rethrow_exception(failure);
    co_return *std::move(out);
}

}  // namespace agentic::async
