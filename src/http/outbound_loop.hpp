#pragma once
// libcurl's multi interface driven by one io_context: curl says which sockets and which timeout it waits for, Asio waits.
#include <curl/curl.h>
#include <openssl/types.h>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

#include "async/wakeup.hpp"
#include "http/outbound.hpp"

namespace agentic::http {

class CurlLoop;

/// What all loops of one client share; read-only after the client is made.
struct OutboundSettings {
    std::unique_ptr<const ConnectPolicy> policy;
    OutboundOptions options;
    std::vector<std::shared_ptr<X509>> extra_authorities;
};

using OutboundHandler = asio::any_completion_handler<void(Result<OutboundResponse>)>;
using SteadyTime = std::chrono::steady_clock::time_point;

/// One exchange in flight, or an idle one waiting for reuse with its easy handle.
struct Transfer {
    Transfer(CurlLoop& owner, CURL* handle) : loop(owner), easy(handle) {}
    ~Transfer();
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    enum class Ending : std::uint8_t { none, stopped, too_large, cancelled, timed_out };  // by us, not by curl

    /// Sets every option of the easy handle. Fails with `bad_request` on a malformed header or method.
    Result<void> prepare(OutboundRequest new_request);
    /// Frees and wipes what belonged to the exchange.
    void clear();
    Result<OutboundResponse> take_result(CURLcode code);

    CurlLoop& loop;
    CURL* easy;
    curl_slist* header_list = nullptr;
    OutboundRequest request;
    OutboundResponse response;
    OutboundHandler handler;
    Ending ending = Ending::none;
    bool refused = false;             // the policy refused an address
    bool attached = false;            // added to the multi handle
    std::uint64_t serial = 0;         // tells exchanges apart that use the same Transfer
    std::uint64_t header_bytes = 0;
    std::uint64_t body_bytes = 0;
    curl_off_t sent_bytes = 0;        // of the body, at the last look of the deadline sweep
    SteadyTime last_progress;
    SteadyTime deadline;
};

/// The pool and the event plumbing of one client on one io_context. Everything runs on that io_context's thread.
class CurlLoop {
public:
    CurlLoop(asio::io_context& context, std::shared_ptr<const OutboundSettings> settings);
    ~CurlLoop();
    CurlLoop(const CurlLoop&) = delete;
    CurlLoop& operator=(const CurlLoop&) = delete;

    void start(OutboundRequest request, OutboundHandler handler);
    const OutboundSettings& settings() const { return *settings_; }

    /// Called by curl for each new connection; CURL_SOCKET_BAD when the policy refuses the address.
    curl_socket_t open_socket(Transfer& transfer, const curl_sockaddr& address);

private:
    static int on_socket(CURL* easy, curl_socket_t fd, int what, void* self, void* watch);
    static int on_timer(CURLM* multi, long timeout_ms, void* self);

    void wait();
    void serve();
    void drive(curl_socket_t fd, int events);
    void settle();
    void attach(Transfer& transfer);
    void complete(Transfer& transfer, Result<OutboundResponse> result);
    void cancel(Transfer& transfer, std::uint64_t serial);
    void sweep_by(SteadyTime when);
    void sweep();
    Transfer& idle_transfer();

    asio::io_context& context_;
    std::shared_ptr<const OutboundSettings> settings_;  // shared with the client, which may die first
    async::SteadyTimer curl_timer_;
    async::SteadyTimer sweep_timer_;
    SteadyTime sweep_at_ = SteadyTime::max();
    CURLM* multi_;
    bool inside_curl_ = false;
    std::vector<Transfer*> to_attach_;  // started from inside a curl callback, where curl must not be entered again
    std::vector<Transfer*> to_abort_;   // ended by us; removed from curl as soon as it is not on the stack
    std::vector<std::unique_ptr<Transfer>> transfers_;
    std::vector<Transfer*> idle_;
    std::size_t active_ = 0;
    std::uint64_t next_serial_ = 0;
    asio::posix::basic_stream_descriptor<IoExecutor> sockets_;  // an epoll set of what curl waits for: Asio waits for the set, once a batch
    bool waiting_ = false;
};

}  // namespace agentic::http
