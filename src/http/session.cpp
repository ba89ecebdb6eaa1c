// The life cycle of a connection and the reading of heads; session_body.cpp reads bodies, session_answer.cpp answers.
#include "http/session.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <poll.h>
#include <sys/socket.h>

#include "http/status.hpp"

namespace agentic::http {
namespace {

constexpr auto kToken = asio::as_tuple(asio::deferred);
constexpr std::size_t kHeadBuffer = 4 << 10;
constexpr std::size_t kBodyBuffer = 64 << 10;
constexpr std::uint64_t kLingerBytesMax = 1 << 20;
constexpr std::chrono::seconds kLingerTimeout{2};
constexpr std::chrono::seconds kIdleBeforeParking{1};

std::chrono::milliseconds clamped(std::chrono::milliseconds value, std::chrono::milliseconds limit) { return std::min(value, limit); }

}  // namespace

Session::Session(Worker& worker, Socket socket, std::string peer, bool overloaded)
    : worker_(worker), socket_(std::move(socket)), peer_(std::move(peer)), overloaded_(overloaded) {
    socket_.non_blocking(true);
}

void Session::enter(Phase phase, std::chrono::milliseconds timeout) {
    phase_ = phase;
    deadline_ = std::chrono::steady_clock::now() + timeout;
}

void Session::enter(Phase phase) {
    phase_ = phase;
    deadline_ = SteadyTime::max();
}

Awaitable<void> Session::run() {
    const auto grace = worker_.settings().drain_idle_grace;
    enter(Phase::idle, worker_.draining() ? grace : worker_.settings().head_timeout);  // a new connection has no reason to wait
    if (overloaded_) {
        co_await refuse_overload();
    } else {
        while (co_await read_request()) {
            co_await answer();
            if (!keep_alive_) break;
            end_request();
            enter(Phase::idle, worker_.draining() ? grace : worker_.settings().keep_alive_timeout);
        }
    }
    if (linger_) co_await linger();
}

Awaitable<bool> Session::read_request() {
    while (true) {
        if (slot_ && !slot_->in.empty()) {
            const auto status = slot_->head.parse(slot_->in.view(), slot_->request);
            if (status == HeadParser::Status::complete) break;
            if (status == HeadParser::Status::failed) co_return co_await refuse(slot_->head.failure());
            if (phase_ == Phase::idle) enter(Phase::head, worker_.settings().head_timeout);
        }
        if (!co_await fill(kHeadBuffer)) co_return co_await reading_stopped();
    }
    slot_->in.consume(slot_->head.consumed());
    const auto& framing = slot_->head.framing();
    keep_alive_ = framing.keep_alive;
    timed_out_ = parking_ = false;   // a cancellation may have come too late to stop the last read
    co_return !framing.has_body() || co_await read_body();
}

// Receives more bytes. While nothing is buffered the connection may be parked: it waits without a buffer.
Awaitable<bool> Session::fill(std::size_t wanted) {
    while (true) {
        if (!slot_) {
            const auto [error] = co_await socket_.async_wait(asio::socket_base::wait_read, kToken);
            if (error) co_return false;
            slot_ = worker_.take_slot();
        }
        const auto [error, n] = co_await socket_.async_read_some(slot_->in.space(wanted), kToken);
        if (!error) {
            slot_->in.commit(n);
            co_return true;
        }
        if (error != asio::error::operation_aborted || timed_out_ || !std::exchange(parking_, false)) co_return false;
        release_slot();
    }
}

// The client closed, or was too slow; only one that had begun a request is told.
Awaitable<bool> Session::reading_stopped() {
    const bool began = phase_ == Phase::head || phase_ == Phase::body;
    if (!timed_out_ || !began) co_return false;
    co_return co_await refuse({408, ErrorCode::deadline_exceeded, "The request took too long to arrive"});
}

Awaitable<bool> Session::refuse(ParseFailure failure) {
    co_return co_await refuse(Error{.code = failure.code, .public_message = std::string(failure.message)}, failure.status);
}

Awaitable<bool> Session::refuse(Error error, int status) {
    if (!slot_) slot_ = worker_.take_slot();
    identify(slot_->request);
    auto response = error_response(error, slot_->request.request_id, status);
    if (response.status == 405) response.headers.add("Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
    co_return co_await refuse(std::move(response));
}

Awaitable<bool> Session::refuse(Response response) {
    worker_.shared().refused.fetch_add(1, std::memory_order_relaxed);
    timed_out_ = false;
    keep_alive_ = false;
    linger_ = true;
    worker_.shared().cors.apply(slot_->request, response);
    co_await send(response);
    co_return false;
}

Awaitable<void> Session::refuse_overload() {
    if (!co_await fill(kHeadBuffer)) co_return;
    co_await refuse(Error{.code = ErrorCode::unavailable, .public_message = "Too many connections; try again shortly", .retry_after_s = 1});
}

// Ends our direction and swallows what the client still sends: closing over unread input would reset the connection and destroy the answer.
Awaitable<void> Session::linger() {
    end_request();  // nobody needs the body any more
    boost::system::error_code ignored;
    socket_.shutdown(asio::socket_base::shutdown_send, ignored);
    enter(Phase::lingering, kLingerTimeout);
    for (std::uint64_t swallowed = 0; slot_ && swallowed < kLingerBytesMax;) {
        slot_->in.reset(kBodyBuffer);
        const auto [error, n] = co_await socket_.async_read_some(slot_->in.space(kBodyBuffer), kToken);
        if (error) co_return;
        swallowed += n;
    }
}

// Ends the request, not the connection: its memory is recycled, its files are removed where that may take time.
void Session::end_request() {
    if (!slot_) return;
    if (slot_->uploads) (void)worker_.shared().files.submit([files = std::move(slot_->uploads)] {});   // refused or run, the closure dies and removes them
    slot_->clear_request();
}

void Session::release_slot() {
    end_request();
    if (slot_) worker_.give_back(std::move(slot_));
}

void Session::close() {
    boost::system::error_code ignored;
    socket_.shutdown(asio::socket_base::shutdown_both, ignored);
    socket_.close(ignored);
    release_slot();
}

void Session::cancel() { cancel_.emit(asio::cancellation_type::terminal); }

bool Session::has_input() {
    boost::system::error_code error;
    return socket_.available(error) > 0 && !error;
}

void Session::on_tick(SteadyTime now) {
    if (now + worker_.tick_interval() > deadline_) {
        if (phase_ == Phase::idle && has_input()) return;   // a request that this thread has not come to yet
        timed_out_ = true;
        deadline_ = SteadyTime::max();
        boost::system::error_code ignored;
        socket_.cancel(ignored);
        return;
    }
    if (phase_ == Phase::handling || (phase_ == Phase::streaming && !watching_)) {
        if (peer_hung_up()) client_left();
        return;
    }
    const auto idle_since = deadline_ - clamped(worker_.settings().keep_alive_timeout, std::chrono::hours(24));
    if (phase_ == Phase::idle && slot_ && slot_->in.empty() && now - idle_since > kIdleBeforeParking) {
        parking_ = true;
        boost::system::error_code ignored;
        socket_.cancel(ignored);
    }
}

void Session::begin_drain() {
    if (phase_ == Phase::idle) deadline_ = std::min(deadline_, std::chrono::steady_clock::now() + worker_.settings().drain_idle_grace);
    if (phase_ != Phase::streaming || !in_next_) return;  // the stream loop looks for a drain before it waits again
    interrupted_ = true;
    cancel();
}

// Notices at once, without polling, that the client of a stream has gone. Input it sends instead of leaving ends the watch; from then on the
// worker's clock looks.
void Session::watch_for_hangup() {
    if (std::exchange(watching_, true)) return;
    socket_.async_wait(asio::socket_base::wait_read, [self = shared_from_this()](boost::system::error_code error) {
        self->watching_ = false;
        if (error || self->phase_ == Phase::idle || !self->socket_.is_open()) return;
        char byte = 0;
        const auto n = ::recv(self->socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
        if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) self->client_left();
    });
}

void Session::client_left() {
    interrupted_ = false;
    cancel();
}

// A half-closed connection counts as left, as in most servers: nobody who still wants a long answer closes first.
bool Session::peer_hung_up() {
    pollfd state{.fd = socket_.native_handle(), .events = POLLRDHUP, .revents = 0};
    return ::poll(&state, 1, 0) > 0;
}

}  // namespace agentic::http
