#pragma once
#include <chrono>
#include <deque>
#include <memory>
#include <vector>

#include "async/wakeup.hpp"
#include "db/postgres/connection.hpp"

namespace agentic::db::postgres {

/// The connections of one I/O thread: nothing in it is locked. Callers wait in line for a free one, for a limited time. Its share of `pool_size`
/// connections stays open; overflow ones are opened for callers who have waited kOverflowAfter (opening one costs more than most waits) and closed when
/// nobody used them for Options::linger. While the server is unreachable calls fail at once instead of piling up.
class Pool : public std::enable_shared_from_this<Pool> {
public:
    static constexpr std::chrono::milliseconds kOverflowAfter{20};

    Pool(IoExecutor executor, const Options& options);

    /// A borrowed connection. It goes back when it is as clean as a new one, and is closed otherwise: also when its borrower was cancelled half-way.
    class Lease {
    public:
        Lease(std::shared_ptr<Pool> pool, std::unique_ptr<Connection> connection) : pool_(std::move(pool)), connection_(std::move(connection)) {}
        Lease(Lease&&) noexcept = default;
        Lease& operator=(Lease&&) = delete;
        ~Lease() {
            if (connection_ != nullptr) pool_->give_back(std::move(connection_));
        }
        Connection* operator->() const { return connection_.get(); }

    private:
        std::shared_ptr<Pool> pool_;
        std::unique_ptr<Connection> connection_;
    };

    /// Fails with `unavailable` when nobody gives a connection back in time, too many wait, or the server cannot be reached.
    Task<Lease> acquire();

    /// Closes every idle connection, and the others when they come back. The io_context may be on its way out.
    void close();

private:
    using Timer = async::SteadyTimer;
    struct Waiter {
        Timer timer;
        std::unique_ptr<Connection> handed;
        bool may_open = false;  // a place became free instead, and is reserved for this caller
        std::optional<Error> error;
    };
    struct Idle {
        std::unique_ptr<Connection> connection;
        std::chrono::steady_clock::time_point since;
    };
    class InLine;
    class Slot;

    Task<Lease> open_one(Slot given);
    Task<Lease> wait_in_line();
    void give_back(std::unique_ptr<Connection> connection);
    void drop();
    void fail_line(const Error& error);
    bool is_backing_off() const { return std::chrono::steady_clock::now() < next_attempt_; }
    std::unique_ptr<Connection> take_idle();
    void trim_later();
    void trim();

    IoExecutor executor_;
    Options options_;
    std::size_t keep_;
    std::size_t limit_;
    std::size_t open_ = 0;  // idle, lent or being opened
    std::deque<Idle> idle_;  // the last used is used first: the others may be closed
    std::deque<Waiter*> line_;
    bool closed_ = false;
    std::chrono::steady_clock::time_point next_attempt_{};
    std::chrono::milliseconds backoff_{0};
    Error last_failure_;
    Timer trim_timer_;
    bool trimming_ = false;
};

}  // namespace agentic::db::postgres
