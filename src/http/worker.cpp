#include "http/worker.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/system/system_error.hpp>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <exception>

#include "core/log.hpp"
#include "http/session.hpp"

namespace agentic::http {
namespace {

constexpr std::size_t kFreeSlotsMax = 64;
constexpr std::size_t kKeptBytesMax = 64 << 10;  // larger strings of a recycled slot are freed

void keep_small(std::string& text) {
    text.clear();
    if (text.capacity() > kKeptBytesMax) text.shrink_to_fit();
}

// A connection is looked at often enough that no deadline is passed by more than a quarter of it.
std::chrono::milliseconds tick_interval_of(const ServerSettings& s) {
    const auto shortest = std::min({s.head_timeout, s.body_idle_timeout, s.keep_alive_timeout, s.write_timeout, s.drain_idle_grace});
    return std::clamp(shortest / 4, std::chrono::milliseconds(5), std::chrono::milliseconds(250));
}

void log_unless_cancelled(const std::exception_ptr& failure) {
    try {
        if (failure) std::rethrow_exception(failure);
    } catch (const boost::system::system_error& e) {
        if (e.code() != asio::error::operation_aborted) log::error("http_session_failed", "A connection ended by an exception", {{"what", e.what()}});
    } catch (const std::exception& e) {
        log::error("http_session_failed", "A connection ended by an exception", {{"what", e.what()}});
    }
}

}  // namespace

void RequestSlot::clear_request() {
    request.method = Method::get;
    keep_small(request.path);
    request.query.clear();
    request.headers.clear();
    keep_small(request.body);
    share.release();
    request.form.clear();
    uploads.reset();
    request.request_id.clear();
    request.https = false;
    keep_small(out);
    head.reset();
}

Worker::Worker(IoExecutor executor, ServerShared& shared)
    : executor_(executor), shared_(shared), tick_interval_(tick_interval_of(shared.settings)), timer_(executor) {}

Worker::~Worker() = default;

void Worker::adopt(int fd, std::string remote_address, bool overloaded) {
    connections_.fetch_add(1, std::memory_order_relaxed);
    shared_.connections.fetch_add(1, std::memory_order_relaxed);
    asio::dispatch(executor_, [this, fd, remote = std::move(remote_address), overloaded]() mutable { open(fd, std::move(remote), overloaded); });
}

void Worker::open(int fd, std::string remote_address, bool overloaded) {
    std::shared_ptr<Session> session;
    try {
        Session::Socket socket(executor_);
        boost::system::error_code error;
        socket.assign(asio::ip::tcp::v4(), fd, error);  // only option calls would need the true family
        if (error) {
            ::close(fd);
            throw boost::system::system_error(error);
        }
        session = std::make_shared<Session>(*this, std::move(socket), std::move(remote_address), overloaded);
        session->index = sessions_.size();
        sessions_.push_back(session);
    } catch (const std::exception& e) {  // the kernel is out of something: this connection ends, the server goes on
        log::error("http_session_failed", "A connection could not be taken over", {{"what", e.what()}});
        return count_out();
    }
    arm_tick();
    // The completion handler keeps the session alive as long as its coroutine.
    asio::co_spawn(executor_, session->run(), asio::bind_cancellation_slot(session->cancellation_slot(), [this, session](const std::exception_ptr& failure) {
        log_unless_cancelled(failure);
        closed(*session);
    }));
}

void Worker::closed(Session& session) {
    session.close();
    const std::size_t index = session.index;
    sessions_.back()->index = index;
    std::swap(sessions_[index], sessions_.back());
    sessions_.pop_back();
    count_out();
}

void Worker::count_out() {
    connections_.fetch_sub(1, std::memory_order_relaxed);
    const std::lock_guard lock(shared_.mutex);  // the server may be gone right after the last one is counted out
    shared_.connections.fetch_sub(1, std::memory_order_relaxed);
    shared_.closed.notify_all();
}

void Worker::begin_drain() {
    asio::post(executor_, [this] {
        draining_ = true;
        for (const auto& session : std::vector(sessions_)) session->begin_drain();
    });
}

void Worker::cancel_all() {
    asio::post(executor_, [this] {
        draining_ = true;
        for (const auto& session : std::vector(sessions_)) session->cancel();
    });
}

void Worker::retire(std::function<void()> done) {
    asio::post(executor_, [this, done = std::move(done)]() mutable {
        timer_.cancel();
        asio::post(executor_, std::move(done));  // runs behind a tick that was queued before the cancellation
    });
}

void Worker::arm_tick() {
    if (tick_armed_ || sessions_.empty()) return;
    tick_armed_ = true;
    timer_.expires_after(tick_interval_);
    timer_.async_wait([this](boost::system::error_code error) {
        if (!error) tick();
    });
}

void Worker::tick() {
    tick_armed_ = false;
    const auto now = std::chrono::steady_clock::now();
    for (std::size_t i = 0; i < sessions_.size(); ++i) {
        const auto session = sessions_[i];  // a cancellation may end it at once
        session->on_tick(now);
    }
    arm_tick();
}

std::string_view Worker::date() {
    const std::int64_t second = shared_.clock.now().unix_s();
    if (second != date_second_) {
        const auto time = static_cast<std::time_t>(second);
        std::tm parts{};
        ::gmtime_r(&time, &parts);
        char text[64];
        date_.assign(text, std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts));  // the C locale: the program sets no other
        date_second_ = second;
    }
    return date_;
}

std::unique_ptr<RequestSlot> Worker::take_slot() {
    if (free_slots_.empty()) return std::make_unique<RequestSlot>(HeadLimits{.head_bytes = settings().head_limit_bytes}, shared_.bodies);
    auto slot = std::move(free_slots_.back());
    free_slots_.pop_back();
    return slot;
}

void Worker::give_back(std::unique_ptr<RequestSlot> slot) {
    if (!slot || free_slots_.size() >= kFreeSlotsMax) return;
    slot->clear_request();
    slot->in.reset(kKeptBytesMax);
    free_slots_.push_back(std::move(slot));
}

}  // namespace agentic::http
