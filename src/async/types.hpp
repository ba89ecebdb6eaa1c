#pragma once
// The concrete executor types of the whole program. Naming them once keeps `any_io_executor` (1.6x slower here) out of every header.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include "core/error.hpp"

namespace agentic {

namespace asio = boost::asio;

/// One single-threaded io_context per I/O thread; a connection, a run driver and a database connection live and die on one.
using IoExecutor = asio::io_context::executor_type;

/// A coroutine without an error channel: only for code that cannot fail in a way a client may cause.
template <class T>
using Awaitable = asio::awaitable<T, IoExecutor>;

/// What nearly every coroutine returns. Exceptions still travel, and mean a fault of ours.
template <class T = void>
using Task = asio::awaitable<Result<T>, IoExecutor>;

}  // namespace agentic
