#include "http/server.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <latch>
#include <vector>

#include "async/wakeup.hpp"
#include "core/log.hpp"
#include "http/worker.hpp"

namespace agentic::http {
namespace {

using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, IoExecutor>;

constexpr auto kToken = asio::as_tuple(asio::deferred);
constexpr int kBacklog = 4096;
constexpr int kAcceptsPerRound = 64;
constexpr std::size_t kRefusalsMax = 256;           // connections above the limit that still get a 503
constexpr std::chrono::milliseconds kOutOfDescriptorsPause{50};

std::string address_text(const sockaddr_storage& address) {
    char text[INET6_ADDRSTRLEN] = {};
    if (address.ss_family == AF_INET) {
        ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text, sizeof text);
    } else {
        const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
        if (IN6_IS_ADDR_V4MAPPED(&v6)) ::inet_ntop(AF_INET, v6.s6_addr + 12, text, sizeof text);
        else ::inet_ntop(AF_INET6, &v6, text, sizeof text);
    }
    return text;
}

boost::system::error_code listen_on(Acceptor& acceptor, const asio::ip::tcp::endpoint& endpoint) {
    boost::system::error_code error;
    const auto failed = [&] { return error.failed(); };
    if (acceptor.open(endpoint.protocol(), error); failed()) return error;
    if (acceptor.set_option(asio::socket_base::reuse_address(true), error); failed()) return error;
    if (acceptor.bind(endpoint, error); failed()) return error;
    if (acceptor.listen(kBacklog, error); failed()) return error;
    acceptor.native_non_blocking(true, error);
    return error;
}

}  // namespace

struct Server::Impl {
    Impl(async::IoPool& io, ServerSettings settings, async::WorkPool& files, const Clock& clock, Handler handler, Cors cors, TrustedProxies proxies)
        : pool(io),
          shared{.settings = std::move(settings), .clock = clock, .files = files, .handler = std::move(handler), .cors = std::move(cors), .proxies = std::move(proxies)},
          acceptor(io.executor(0)),
          pause(io.executor(0)) {
        for (std::size_t i = 0; i < io.size(); ++i) workers.push_back(std::make_unique<Worker>(io.executor(i), shared));
    }

    Awaitable<void> accept_loop();
    bool accept_some();
    void hand_over(int fd, const sockaddr_storage& peer);
    Worker& least_loaded();
    void close_acceptor();
    bool wait_until_empty(std::chrono::milliseconds limit);
    void retire_workers();

    async::IoPool& pool;
    ServerShared shared;
    Acceptor acceptor;          // used on thread 0
    async::SteadyTimer pause;
    std::vector<std::unique_ptr<Worker>> workers;
    std::size_t next_worker = 0;
    std::uint16_t port = 0;
    bool accepting = false;
    std::latch accept_ended{1};
};

// Accepts in rounds, so that a flood of connections cannot starve the requests of thread 0.
Awaitable<void> Server::Impl::accept_loop() {
    while (acceptor.is_open()) {
        const auto [error] = co_await acceptor.async_wait(asio::socket_base::wait_read, kToken);
        if (error) co_return;
        if (accept_some()) continue;
        pause.expires_after(kOutOfDescriptorsPause);
        (void)co_await pause.async_wait(kToken);
    }
}

// False when the process is out of descriptors or memory: the waiting connections stay in the backlog for now.
bool Server::Impl::accept_some() {
    for (int i = 0; i < kAcceptsPerRound; ++i) {
        sockaddr_storage peer{};
        socklen_t length = sizeof peer;
        const int fd = ::accept4(acceptor.native_handle(), reinterpret_cast<sockaddr*>(&peer), &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            hand_over(fd, peer);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            log::warning("accept_failed", "No descriptor or memory for another connection", {{"errno", errno}, {"connections", shared.connections.load()}});
            return false;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            break;
        }
    }
    return true;
}

void Server::Impl::hand_over(int fd, const sockaddr_storage& peer) {
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const auto open = shared.connections.load(std::memory_order_relaxed);
    if (open >= shared.settings.connections_max + kRefusalsMax) {
        shared.refused.fetch_add(1, std::memory_order_relaxed);
        ::close(fd);
        return;
    }
    least_loaded().adopt(fd, address_text(peer), open >= shared.settings.connections_max);
}

Worker& Server::Impl::least_loaded() {
    Worker* best = workers[next_worker].get();  // round-robin among equals
    for (const auto& worker : workers)
        if (worker->connections() < best->connections()) best = worker.get();
    next_worker = (next_worker + 1) % workers.size();
    return *best;
}

void Server::Impl::close_acceptor() {
    boost::system::error_code ignored;
    acceptor.close(ignored);
    pause.cancel();
}

bool Server::Impl::wait_until_empty(std::chrono::milliseconds limit) {
    std::unique_lock lock(shared.mutex);
    return shared.closed.wait_for(lock, limit, [this] { return shared.connections == 0; });
}

void Server::Impl::retire_workers() {
    std::latch retired(static_cast<std::ptrdiff_t>(workers.size()));
    for (const auto& worker : workers) worker->retire([&retired] { retired.count_down(); });
    retired.wait();
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Server>> Server::create(ServerSettings settings, async::IoPool& pool, async::WorkPool& files, const Clock& clock, Handler handler) {
    AGENTIC_TRY(auto cors, Cors::create(settings.allowed_origins, settings.cors_credentials));
    AGENTIC_TRY(auto proxies, TrustedProxies::create(settings.trusted_proxies));
    boost::system::error_code error;
    const auto address = asio::ip::make_address(settings.address, error);
    if (error) return fail(ErrorCode::validation_error, "The listening address is not an IP address");
    const asio::ip::tcp::endpoint endpoint(address, settings.port);
    settings.body_memory_max_bytes = std::max<std::uint64_t>(settings.body_memory_max_bytes, 2 * settings.body_limit_bytes);
    auto impl = std::make_unique<Impl>(pool, std::move(settings), files, clock, std::move(handler), std::move(cors), std::move(proxies));
    if (error = listen_on(impl->acceptor, endpoint); error)
        return fail(ErrorCode::unavailable, "Cannot listen on " + address.to_string() + " port " + std::to_string(endpoint.port()) + ": " + error.message());
    if (!impl->shared.settings.upload_directory.empty()) remove_stale_uploads(impl->shared.settings.upload_directory);
    impl->port = impl->acceptor.local_endpoint().port();
    return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::~Server() {
    if (!impl_->pool.running()) return;  // nothing of ours can run any more; the contexts free what is left
    drain(std::chrono::milliseconds(0));
    impl_->retire_workers();
}

std::uint16_t Server::port() const { return impl_->port; }

ServerStats Server::stats() const {
    const auto& shared = impl_->shared;
    return {shared.connections.load(), shared.in_flight.load(), shared.requests.load(), shared.refused.load(), shared.bodies.taken()};
}

void Server::start() {
    if (std::exchange(impl_->accepting, true)) return;
    asio::co_spawn(impl_->pool.executor(0), impl_->accept_loop(), [impl = impl_.get()](const std::exception_ptr& failure) {
        if (failure) log::error("accept_loop_failed", "The server stopped accepting connections");
        impl->accept_ended.count_down();
    });
}

void Server::stop_accepting() {
    if (!std::exchange(impl_->accepting, false)) return;
    asio::post(impl_->pool.executor(0), [impl = impl_.get()] { impl->close_acceptor(); });
    impl_->accept_ended.wait();
}

void Server::drain(std::chrono::milliseconds deadline) {
    stop_accepting();
    if (deadline.count() > 0) {
        for (const auto& worker : impl_->workers) worker->begin_drain();
        if (impl_->wait_until_empty(deadline)) return;
        log::warning("drain_cut_off", "Connections were still busy at the end of the drain", {{"connections", impl_->shared.connections.load()}});
    }
    for (const auto& worker : impl_->workers) worker->cancel_all();
    while (!impl_->wait_until_empty(std::chrono::seconds(5)))  // an offloaded job cannot be interrupted
        log::warning("drain_waits", "Connections wait for work that cannot be interrupted", {{"connections", impl_->shared.connections.load()}});
}

}  // namespace agentic::http
