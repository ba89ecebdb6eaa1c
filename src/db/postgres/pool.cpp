#include "db/postgres/pool.hpp"

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "core/log.hpp"
#include "db/postgres/errors.hpp"

namespace agentic::db::postgres {
namespace {

constexpr std::chrono::milliseconds kBackoffFirst{100};
constexpr std::chrono::milliseconds kBackoffMax{2'000};

std::size_t share(std::size_t total, std::size_t threads) { return (total + threads - 1) / std::max<std::size_t>(threads, 1); }

}  // namespace

/// A place in the pool while a connection is being opened: given up when that fails, is cancelled, or is never begun.
class Pool::Slot {
public:
    Slot(Pool& owner, bool reserved) : pool_(&owner) { pool_->open_ += reserved ? 0 : 1; }
    Slot(Slot&& other) noexcept : pool_(std::exchange(other.pool_, nullptr)) {}
    Slot& operator=(Slot&&) = delete;
    ~Slot() {
        if (pool_ != nullptr) pool_->drop();
    }
    /// The connection has the place now.
    void take() { pool_ = nullptr; }

private:
    Pool* pool_;
};

/// A caller's place in the line, left however the wait ends; what was handed over meanwhile is passed on.
class Pool::InLine {
public:
    InLine(Pool& pool, Waiter& waiter) : pool_(pool), waiter_(waiter) { pool_.line_.push_back(&waiter_); }
    InLine(const InLine&) = delete;
    InLine& operator=(const InLine&) = delete;
    ~InLine() {
        std::erase(pool_.line_, &waiter_);
        if (waiter_.handed != nullptr) pool_.give_back(std::move(waiter_.handed));
        else if (waiter_.may_open) pool_.drop();
    }

private:
    Pool& pool_;
    Waiter& waiter_;
};

Pool::Pool(IoExecutor executor, const Options& options)
    : executor_(executor),
      options_(options),
      keep_(std::max<std::size_t>(1, share(options.pool_size, options.io_threads))),
      limit_(keep_ + share(options.max_overflow, options.io_threads)),
      trim_timer_(executor) {}

Task<Pool::Lease> Pool::acquire() {
    if (closed_) co_return std::unexpected(unavailable("the pool is closed"));
    if (line_.empty()) {
        if (auto connection = take_idle()) co_return Lease(shared_from_this(), std::move(connection));
        if (open_ == 0 && is_backing_off()) co_return std::unexpected(last_failure_);
        if (open_ < keep_ && !is_backing_off()) {
            Slot slot(*this, false);
            co_return co_await open_one(std::move(slot));
        }
    }
    co_return co_await wait_in_line();
}

std::unique_ptr<Connection> Pool::take_idle() {
    while (!idle_.empty()) {
        auto connection = std::move(idle_.back().connection);
        idle_.pop_back();
        if (connection->is_reusable()) return connection;  // it may have been closed by the server while it lay here
        connection.reset();
        --open_;
    }
    return nullptr;
}

Task<Pool::Lease> Pool::open_one(Slot given) {
    const auto self = shared_from_this();
    {
        Slot slot(std::move(given));
        auto opened = co_await Connection::open(executor_, options_);
        if (opened) {
            backoff_ = std::chrono::milliseconds(0);
            slot.take();
            co_return Lease(self, *std::move(opened));
        }
        if (opened.error().code == ErrorCode::cancelled) co_return std::unexpected(opened.error());  // says nothing about the server
        last_failure_ = opened.error();
    }
    backoff_ = std::clamp(backoff_ * 2, kBackoffFirst, kBackoffMax);
    next_attempt_ = std::chrono::steady_clock::now() + backoff_;
    log::warning("postgres_connect", "The database cannot be reached", {{"error", last_failure_.internal_context}, {"retry_ms", backoff_.count()}});
    if (open_ > 0) co_return co_await wait_in_line();  // the server has enough of us: share what is open
    fail_line(last_failure_);
    co_return std::unexpected(last_failure_);
}

Task<Pool::Lease> Pool::wait_in_line() {
    const auto self = shared_from_this();
    if (line_.size() >= options_.queue_limit) co_return std::unexpected(unavailable("too many calls wait for a connection"));
    const auto deadline = std::chrono::steady_clock::now() + options_.acquire_timeout;
    const auto patience = std::min<std::chrono::steady_clock::duration>(kOverflowAfter, options_.acquire_timeout);
    Waiter waiter{.timer = Timer(executor_, patience), .handed = nullptr, .error = std::nullopt};
    std::optional<Slot> slot;
    {
        const InLine place(*this, waiter);
        boost::system::error_code stopped;  // aborted: woken, or the caller was cancelled
        co_await waiter.timer.async_wait(asio::redirect_error(asio::use_awaitable_t<IoExecutor>(), stopped));
        const bool is_served = waiter.handed != nullptr || waiter.error || waiter.may_open;  // maybe after the timer had run out
        const bool overflows = !stopped && !is_served && open_ < limit_ && !is_backing_off();
        if (!stopped && !is_served && !overflows) {
            waiter.timer.expires_at(deadline);
            co_await waiter.timer.async_wait(asio::redirect_error(asio::use_awaitable_t<IoExecutor>(), stopped));
        }
        if (waiter.handed != nullptr) co_return Lease(self, std::move(waiter.handed));
        if (waiter.error) co_return std::unexpected(*std::move(waiter.error));
        if (!waiter.may_open && !overflows) co_return std::unexpected(unavailable("no connection became free in time"));
        slot.emplace(*this, std::exchange(waiter.may_open, false));
    }
    co_return co_await open_one(*std::move(slot));
}

void Pool::give_back(std::unique_ptr<Connection> connection) {
    if (closed_ || !connection->is_reusable()) {
        connection.reset();
        return drop();
    }
    if (!line_.empty()) {
        Waiter* const first = line_.front();
        line_.pop_front();
        first->handed = std::move(connection);
        first->timer.cancel();
    } else {
        idle_.push_back({std::move(connection), std::chrono::steady_clock::now()});
        if (open_ > keep_) trim_later();
    }
}

void Pool::trim_later() {
    if (std::exchange(trimming_, true)) return;
    trim_timer_.expires_after(options_.linger);
    trim_timer_.async_wait([weak = weak_from_this()](boost::system::error_code stopped) {
        if (const auto self = weak.lock(); self != nullptr && !stopped) self->trim();
    });
}

void Pool::trim() {
    trimming_ = false;
    const auto unused_since = std::chrono::steady_clock::now() - options_.linger;
    while (open_ > keep_ && !idle_.empty() && idle_.front().since <= unused_since) {
        idle_.pop_front();
        --open_;
    }
    if (open_ > keep_ && !closed_) trim_later();
}

/// A place is free: whoever waits first may open a connection in it.
void Pool::drop() {
    --open_;
    if (line_.empty() || closed_ || is_backing_off()) return;
    Waiter* const first = line_.front();
    line_.pop_front();
    ++open_;
    first->may_open = true;
    first->timer.cancel();
}

/// Nobody is left who could serve those in line.
void Pool::fail_line(const Error& error) {
    for (Waiter* const waiter : line_) {
        waiter->error = error;
        waiter->timer.cancel();
    }
    line_.clear();
}

void Pool::close() {
    closed_ = true;
    trim_timer_.cancel();
    open_ -= idle_.size();
    idle_.clear();
}

}  // namespace agentic::db::postgres
