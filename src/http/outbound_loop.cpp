#include "http/outbound_loop.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/post.hpp>
#include <utility>

namespace agentic::http {

/// A socket that curl waits for. Sockets we opened stay registered with the reactor from open to close, also while their connection is idle in the
/// pool; others (of the resolver) only as long as curl asks.
struct CurlLoop::Watch {
    Watch(IoExecutor executor, curl_socket_t fd, bool is_owned) : descriptor(executor, fd), owned(is_owned) {}

    asio::posix::basic_stream_descriptor<IoExecutor> descriptor;
    bool owned;
    bool closed = false;
    int wanted = 0;  // CURL_POLL_IN | CURL_POLL_OUT
    int pending = 0; // waits under way
};

CurlLoop::CurlLoop(asio::io_context& context, std::shared_ptr<const OutboundSettings> settings)
    : context_(context), settings_(std::move(settings)), curl_timer_(context), sweep_timer_(context), multi_(curl_multi_init()) {
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
    for (const auto& [fd, watch] : watches_) {
        watch->closed = true;
        if (!watch->owned) watch->descriptor.release();
    }
    watches_.clear();
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
    if (--active_ == 0) {  // a pending timer would keep the io_context running
        sweep_at_ = SteadyTime::max();
        sweep_timer_.cancel();
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

int CurlLoop::on_socket(CURL*, curl_socket_t fd, int what, void* self, void*) {
    auto& loop = *static_cast<CurlLoop*>(self);
    const auto found = loop.watches_.find(fd);
    if (what == CURL_POLL_REMOVE) {
        if (found == loop.watches_.end()) return 0;
        found->second->wanted = 0;
        if (found->second->owned) {
            found->second->descriptor.cancel();  // an idle connection must not keep the io_context running
        } else {
            found->second->closed = true;
            found->second->descriptor.release();
            loop.watches_.erase(found);
        }
        return 0;
    }
    if (found == loop.watches_.end()) loop.watch(fd, false);
    const auto& watch = loop.watches_[fd];
    watch->wanted = what;
    loop.arm(watch);
    return 0;
}

CurlLoop::Watch& CurlLoop::watch(curl_socket_t fd, bool owned) {
    return *(watches_[fd] = std::make_shared<Watch>(context_.get_executor(), fd, owned));
}

void CurlLoop::arm(const std::shared_ptr<Watch>& watch) {
    struct Direction {
        int poll, select;
        asio::posix::descriptor_base::wait_type type;
    };
    static constexpr Direction kDirections[] = {{CURL_POLL_IN, CURL_CSELECT_IN, asio::posix::descriptor_base::wait_read},
                                                {CURL_POLL_OUT, CURL_CSELECT_OUT, asio::posix::descriptor_base::wait_write}};
    for (const auto& direction : kDirections) {
        if (!(watch->wanted & direction.poll) || (watch->pending & direction.poll)) continue;
        watch->pending |= direction.poll;
        watch->descriptor.async_wait(direction.type, [this, watch, &direction](boost::system::error_code error) {
            if (watch->closed) return;  // `this` may be gone
            watch->pending &= ~direction.poll;
            const bool cancelled = error == asio::error::operation_aborted;
            if (!cancelled && (watch->wanted & direction.poll)) drive(watch->descriptor.native_handle(), error ? CURL_CSELECT_ERR : direction.select);
            if (!watch->closed) arm(watch);
        });
    }
}

curl_socket_t CurlLoop::open_socket(Transfer& transfer, const curl_sockaddr& address) {
    if (settings_->options.proxy.empty() && !settings_->policy->allows(address.addr)) {
        transfer.refused = true;
        return CURL_SOCKET_BAD;  // curl goes on to the host's next address, if it has one
    }
    const int fd = ::socket(address.family, address.socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, address.protocol);
    if (fd < 0) return CURL_SOCKET_BAD;
    watch(fd, true);
    return fd;
}

int CurlLoop::close_socket(curl_socket_t fd) {
    if (const auto found = watches_.find(fd); found != watches_.end()) {
        found->second->closed = true;
        found->second->descriptor.release();
        watches_.erase(found);
    }
    return ::close(fd);
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
