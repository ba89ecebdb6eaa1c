#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "async/io_pool.hpp"
#include "async/work_pool.hpp"
#include "core/clock.hpp"
#include "http/server_settings.hpp"

namespace agentic::http {

struct ServerStats {
    std::size_t connections = 0;
    std::size_t in_flight = 0;      // requests in handlers
    std::uint64_t requests = 0;     // since the start
    std::uint64_t refused = 0;      // malformed, too large, too slow, over a limit
    std::uint64_t body_bytes = 0;   // memory of large bodies under way
};

/// The HTTP/1.1 server on the threads of an IoPool. One acceptor hands each connection to the thread that has the fewest: SO_REUSEPORT would
/// spread by hash, and with a few dozen keep-alive connections or long streams that leaves threads idle beside busy ones.
class Server {
public:
    /// Binds and listens. Fails with validation_error (a setting) or unavailable (the address cannot be bound). `pool`, `files` (uploads and
    /// compression of large bodies) and `clock` outlive the server.
    static Result<std::unique_ptr<Server>> create(ServerSettings settings, async::IoPool& pool, async::WorkPool& files, const Clock& clock, Handler handler);

    /// Ends every connection and waits for them; the pool must still be running then. Not on an I/O thread.
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    std::uint16_t port() const;
    ServerStats stats() const;

    /// Accepts from now on.
    void start();
    /// Closes the listening socket; connections go on. Idempotent, not on an I/O thread.
    void stop_accepting();
    /// Graceful end: stops accepting, lets requests in progress finish (answers say `Connection: close`), ends SSE streams with a retry hint,
    /// closes idle connections after a short grace. What is left after `deadline` is cut off. Returns when no connection is left. Not on an
    /// I/O thread.
    void drain(std::chrono::milliseconds deadline);

private:
    struct Impl;
    explicit Server(std::unique_ptr<Impl> impl);

    std::unique_ptr<Impl> impl_;
};

}  // namespace agentic::http
