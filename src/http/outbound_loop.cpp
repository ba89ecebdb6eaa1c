#include "http/outbound_loop.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <system_error>
#include <utility>

namespace agentic::http {
namespace {

constexpr int kEventsMax = 64;   // a turn of the io_context: more wait for the next one, behind what else is due

int epoll_set() {
    const int set = ::epoll_create1(EPOLL_CLOEXEC);
    if (set < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
    return set;
}

}  // namespace

CurlLoop::CurlLoop(asio::io_context& context, std::shared_ptr<const OutboundSettings> settings)
    : context_(context), settings_(std::move(settings)), curl_timer_(context), sweep_timer_(context), multi_(curl_multi_init()), sockets_(context, epoll_set()) {
    if (multi_ == nullptr) throw std::bad_alloc();
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, settings_->options.max_idle_connections);
}

CurlLoop::~CurlLoop() {
    std::vector<OutboundHandler> handlers;  // destroying one unwinds a coroutine, so curl goes first
    for (const auto& transfer : transfers_) {
        handlers.push_back(std::move(transfer->handler));
        if (transfer->attached) curl_multi_remove_handle(multi_, transfer->easy);
    }
    transfers_.clear();
    curl_multi_cleanup(multi_);
}

Transfer& CurlLoop::idle_transfer() {
    if (idle_.empty()) {
        CURL* easy = curl_easy_init();
        if (easy == nullptr) throw std::bad_alloc();
        transfers_.push_back(std::make_unique<Transfer>(*this, easy));
        return *transfers_.back();
    }
    Transfer* transfer = idle_.back();
    idle_.pop_back();
    return *transfer;
}

void CurlLoop::start(OutboundRequest request, OutboundHandler handler) {
    Transfer& transfer = idle_transfer();
    ++active_;
    transfer.serial = ++next_serial_;
    auto ready = transfer.prepare(std::move(request));
    transfer.handler = std::move(handler);
    if (!ready) return complete(transfer, std::unexpected(std::move(ready).error()));
    if (auto slot = asio::get_associated_cancellation_slot(transfer.handler); slot.is_connected()) {
        slot.assign([this, &transfer, serial = transfer.serial](asio::cancellation_type) { cancel(transfer, serial); });
    }
    sweep_by(std::min(transfer.deadline, transfer.last_progress + transfer.request.idle_timeout));
    if (inside_curl_) return to_attach_.push_back(&transfer);
    attach(transfer);
    drive(CURL_SOCKET_TIMEOUT, 0);
}

void CurlLoop::attach(Transfer& transfer) {
    curl_multi_add_handle(multi_, transfer.easy);
    transfer.attached = true;
}

void CurlLoop::cancel(Transfer& transfer, std::uint64_t serial) {
    if (transfer.serial != serial || !transfer.handler) return;
    transfer.ending = Transfer::Ending::cancelled;
    to_abort_.push_back(&transfer);
    if (!inside_curl_) settle();
}

// Everything that must not happen inside a curl callback: removals, additions, completions.
void CurlLoop::settle() {
    for (auto* transfer : std::exchange(to_abort_, {})) {
        if (transfer->handler) complete(*transfer, transfer->take_result(CURLE_ABORTED_BY_CALLBACK));
    }
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        void* self = nullptr;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &self);
        auto& transfer = *static_cast<Transfer*>(self);
        complete(transfer, transfer.take_result(message->data.result));
    }
    for (auto* transfer : std::exchange(to_attach_, {})) {
        if (transfer->handler) attach(*transfer);  // curl asks for a timer, which starts it
    }
}

void CurlLoop::complete(Transfer& transfer, Result<OutboundResponse> result) {
    if (transfer.attached) {
        inside_curl_ = true;  // removing may close sockets, which calls back
        curl_multi_remove_handle(multi_, transfer.easy);
        inside_curl_ = false;
        transfer.attached = false;
    }
    asio::get_associated_cancellation_slot(transfer.handler).clear();
    auto handler = std::move(transfer.handler);
    transfer.clear();
    idle_.push_back(&transfer);
    if (--active_ == 0) {  // a pending timer or wait would keep the io_context running
        sweep_at_ = SteadyTime::max();
        sweep_timer_.cancel();
        sockets_.cancel();
    }
    asio::post(context_, [handler = std::move(handler), result = std::move(result)]() mutable { std::move(handler)(std::move(result)); });
}

void CurlLoop::drive(curl_socket_t fd, int events) {
    int running = 0;
    inside_curl_ = true;
    curl_multi_socket_action(multi_, fd, events, &running);
    inside_curl_ = false;
    settle();
}

int CurlLoop::on_timer(CURLM*, long timeout_ms, void* self) {
    auto& loop = *static_cast<CurlLoop*>(self);
    if (timeout_ms < 0) {
        loop.curl_timer_.cancel();
        return 0;
    }
    loop.curl_timer_.expires_after(std::chrono::milliseconds(timeout_ms));
    loop.curl_timer_.async_wait([&loop](boost::system::error_code error) {
        if (!error) loop.drive(CURL_SOCKET_TIMEOUT, 0);
    });
    return 0;
}

/// `watched` is null until the socket is in the set.
int CurlLoop::on_socket(CURL*, curl_socket_t fd, int what, void* self, void* watched) {
    auto& loop = *static_cast<CurlLoop*>(self);
    const int set = loop.sockets_.native_handle();
    if (what == CURL_POLL_REMOVE) {
        ::epoll_ctl(set, EPOLL_CTL_DEL, fd, nullptr);
        return 0;
    }
    epoll_event event{.events = 0, .data = {.fd = fd}};
    if (what & CURL_POLL_IN) event.events |= EPOLLIN;
    if (what & CURL_POLL_OUT) event.events |= EPOLLOUT;
    const int done = ::epoll_ctl(set, watched == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &event);
    if (watched == nullptr) curl_multi_assign(loop.multi_, fd, &loop);
    loop.wait();
    return done;
}

void CurlLoop::wait() {
    if (waiting_ || active_ == 0) return;
    waiting_ = true;
    sockets_.async_wait(asio::posix::descriptor_base::wait_read, [this](boost::system::error_code error) {
        if (error && !sockets_.is_open()) return;
        waiting_ = false;
        if (!error) serve();
        wait();
    });
}

/// Tells curl of the sockets that are ready. One that an earlier one's callback closed is unknown to curl by then, and passed over.
void CurlLoop::serve() {
    epoll_event ready[kEventsMax];
    const int count = ::epoll_wait(sockets_.native_handle(), ready, kEventsMax, 0);
    for (int i = 0; i < count; ++i) {
        int events = 0;
        if (ready[i].events & (EPOLLIN | EPOLLHUP | EPOLLRDHUP)) events |= CURL_CSELECT_IN;
        if (ready[i].events & EPOLLOUT) events |= CURL_CSELECT_OUT;
        if (ready[i].events & EPOLLERR) events |= CURL_CSELECT_ERR;
        drive(ready[i].data.fd, events);
    }
}

curl_socket_t CurlLoop::open_socket(Transfer& transfer, const curl_sockaddr& address) {
    if (settings_->options.proxy.empty() && !settings_->policy->allows(address.addr)) {
        transfer.refused = true;
        return CURL_SOCKET_BAD;  // curl goes on to the host's next address, if it has one
    }
    const int fd = ::socket(address.family, address.socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address.protocol);
    return fd < 0 ? CURL_SOCKET_BAD : fd;
}

void CurlLoop::sweep_by(SteadyTime when) {
    if (when >= sweep_at_) return;
    sweep_at_ = when;
    sweep_timer_.expires_at(when);
    sweep_timer_.async_wait([this](boost::system::error_code error) {
        if (!error) sweep();
    });
}

// One timer for the deadlines of all transfers: a call that ends in time never touches it.
void CurlLoop::sweep() {
    const auto now = std::chrono::steady_clock::now();
    sweep_at_ = SteadyTime::max();
    auto next = SteadyTime::max();
    for (const auto& transfer : transfers_) {
        if (!transfer->handler || transfer->ending == Transfer::Ending::cancelled) continue;
        curl_off_t sent = 0;
        curl_easy_getinfo(transfer->easy, CURLINFO_SIZE_UPLOAD_T, &sent);
        if (std::exchange(transfer->sent_bytes, sent) != sent) transfer->last_progress = now;
        const auto due = std::min(transfer->deadline, transfer->last_progress + transfer->request.idle_timeout);
        if (due > now) {
            next = std::min(next, due);
            continue;
        }
        transfer->ending = Transfer::Ending::timed_out;
        to_abort_.push_back(transfer.get());
    }
    if (next != SteadyTime::max()) sweep_by(next);
    settle();
}

}  // namespace agentic::http
