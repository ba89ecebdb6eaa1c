// The writing half of a connection: handler, middleware, gathered writes, streams.
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/system/system_error.hpp>
#include <sys/socket.h>

#include <cerrno>
#include <charconv>
#include <exception>

#include "async/offload.hpp"
#include "core/encoding.hpp"
#include "core/log.hpp"
#include "core/random.hpp"
#include "http/session.hpp"
#include "http/sse.hpp"
#include "http/status.hpp"

namespace agentic::http {
namespace {

constexpr auto kToken = asio::as_tuple(asio::deferred);
constexpr std::chrono::milliseconds kReconnectAfterDrain{1000};
constexpr std::size_t kCompressInlineMax = 128 << 10;   // half a millisecond

bool is_acceptable_request_id(std::string_view id) {
    constexpr std::string_view kAllowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    return !id.empty() && id.size() <= 64 && id.find_first_not_of(kAllowed) == std::string_view::npos;
}

std::string new_request_id() {
    std::array<std::uint8_t, 11> bytes;  // 15 characters: no allocation
    random_bytes(bytes);
    return base64url_encode({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

bool is_event_stream(const Response& response) {
    const auto type = response.headers.get("content-type");
    return type && type->starts_with("text/event-stream");
}

// What ends an SSE stream in a drain: the client is told to come back soon, where another process or the restarted one continues the events.
std::string farewell() {
    std::string text = ": the server is restarting\n";
    append_sse_retry(text, kReconnectAfterDrain);
    return text;
}

}  // namespace

Gather::Gather(std::string_view first, std::string_view second, std::string_view third) {
    for (const auto piece : {first, second, third})
        if (!piece.empty()) pieces_[count_++] = {const_cast<char*>(piece.data()), piece.size()};
}

std::size_t Gather::bytes() const {
    std::size_t sum = 0;
    for (std::size_t i = first_; i < count_; ++i) sum += pieces_[i].iov_len;
    return sum;
}

void Gather::advance(std::size_t bytes) {
    for (; bytes > 0 && !empty(); ++first_) {
        auto& piece = pieces_[first_];
        if (bytes < piece.iov_len) {
            piece = {static_cast<char*>(piece.iov_base) + bytes, piece.iov_len - bytes};
            return;
        }
        bytes -= piece.iov_len;
    }
}

void Session::identify(Request& request) const {
    const auto inbound = request.headers.get("x-request-id");
    if (inbound && is_acceptable_request_id(*inbound)) request.request_id = *inbound;
    else request.request_id = new_request_id();
    worker_.shared().proxies.resolve(peer_, request);
}

Awaitable<void> Session::answer() {
    worker_.shared().requests.fetch_add(1, std::memory_order_relaxed);
    identify(slot_->request);
    const bool is_preflight = Cors::is_preflight(slot_->request);
    Response response = is_preflight ? worker_.shared().cors.preflight(slot_->request) : co_await call_handler();
    if (!is_preflight) worker_.shared().cors.apply(slot_->request, response);
    keep_alive_ = co_await send(response) && keep_alive_;
}

Awaitable<Response> Session::call_handler() {
    auto& shared = worker_.shared();
    auto& request = slot_->request;
    if (shared.in_flight.fetch_add(1, std::memory_order_relaxed) >= shared.settings.in_flight_max) {
        shared.in_flight.fetch_sub(1, std::memory_order_relaxed);
        shared.refused.fetch_add(1, std::memory_order_relaxed);
        co_return error_response({.code = ErrorCode::unavailable, .public_message = "The server is busy; try again shortly", .retry_after_s = 1}, request.request_id);
    }
    const std::unique_ptr<std::atomic<std::size_t>, void (*)(std::atomic<std::size_t>*)> leave(
        &shared.in_flight, [](auto* count) { count->fetch_sub(1, std::memory_order_relaxed); });
    enter(Phase::handling);
    try {
        auto response = co_await shared.handler(request);
        if (shared.settings.compress && is_compressible(response)) co_await compress(response);
        co_return response;
    } catch (const std::exception&) {
        co_return answer_of_exception(request);
    }
}

// For a catch block: logs the exception. A cancellation goes on, as the client has gone or the server stops.
Response Session::answer_of_exception(const Request& request) {
    const auto log = [&](const std::exception& e) { log::error("request_failed", "A request ended by an exception", {{"request_id", request.request_id}, {"what", e.what()}}); };
    try {
        throw;
    } catch (const boost::system::system_error& e) {
        if (e.code() == asio::error::operation_aborted) throw;
        log(e);
    } catch (const std::exception& e) {
        log(e);
    }
    return error_response({.code = ErrorCode::internal_error, .public_message = "Something went wrong on our side"}, request.request_id);
}

// Small bodies at once; large ones would hold up the other connections of this thread.
Awaitable<void> Session::compress(Response& response) {
    response.headers.add("Vary", "Accept-Encoding");
    if (!accepts_gzip(slot_->request.headers.get("accept-encoding").value_or(""))) co_return;
    if (response.body.size() <= kCompressInlineMax) co_return worker_.gzip().encode(response);
    (void)co_await async::offload(worker_.shared().files, [&response] { Gzip().encode(response); });   // a full pool: sent as it is
}

Awaitable<bool> Session::send(Response& response) {
    if (worker_.draining()) keep_alive_ = false;
    const auto& request = slot_->request;
    const int minor_version = slot_->head.framing().minor_version;
    const auto framing = framing_of(response, minor_version);
    if (framing == BodyFraming::until_close) keep_alive_ = false;
    slot_->out.clear();
    append_response_head(slot_->out, response, framing,
                         {.date = worker_.date(),
                          .request_id = request.request_id,
                          .minor_version = minor_version,
                          .keep_alive = keep_alive_,
                          .hsts = worker_.settings().hsts || request.https});
    const bool has_body = request.method != Method::head && framing != BodyFraming::none;
    if (response.stream && has_body) co_return co_await send_stream(response, framing);
    Gather pieces(slot_->out, has_body ? std::string_view(response.body) : std::string_view());
    const auto sent = try_write(pieces);
    if (sent != Sent::blocked) co_return sent == Sent::all;
    co_return co_await write(pieces);
}

Awaitable<bool> Session::send_stream(Response& response, BodyFraming framing) {
    if (!co_await write(Gather(slot_->out))) co_return false;
    if (slot_->in.empty()) release_slot();  // a stream may be open for hours
    enter(Phase::streaming);
    watch_for_hangup();
    const bool complete = co_await pump(*response.stream, framing, is_event_stream(response), declared_length(response));
    response.stream.reset();
    if (!complete || (framing == BodyFraming::chunked && !co_await write(Gather("0\r\n\r\n")))) co_return false;
    phase_ = Phase::idle;
    boost::system::error_code ignored;
    if (watching_) socket_.cancel(ignored);
    co_return true;
}

// Pulls and writes until the stream ends. False: what was promised could not be delivered, so the connection must end.
Awaitable<bool> Session::pump(BodyStream& stream, BodyFraming framing, bool is_sse, std::optional<std::uint64_t> declared) {
    std::uint64_t written = 0;
    while (true) {
        std::optional<std::string> piece;
        std::exception_ptr failure;
        interrupted_ = is_sse && worker_.draining();
        if (!interrupted_) {
            try {
                in_next_ = is_sse;
                piece = co_await stream.next();
            } catch (...) {
                failure = std::current_exception();
            }
            in_next_ = false;
        }
        if (interrupted_) {
            co_await asio::this_coro::reset_cancellation_state();  // the cancellation was meant for next() alone
            co_return co_await write_piece(farewell(), framing);
        }
        if (failure) std::rethrow_exception(failure);
        if (!piece) co_return !declared || written == *declared;
        written += piece->size();
        if (declared && written > *declared) co_return false;
        if (!piece->empty() && !co_await write_piece(*piece, framing)) co_return false;
    }
}

Awaitable<bool> Session::write_piece(std::string_view piece, BodyFraming framing) {
    if (framing != BodyFraming::chunked) co_return co_await write(Gather(piece));
    char size[18];
    char* end = std::to_chars(size, size + 16, piece.size(), 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    co_return co_await write(Gather(std::string_view(size, end), piece, "\r\n"));
}

Session::Sent Session::try_write(Gather& pieces) {
    while (!pieces.empty()) {
        msghdr message{};
        message.msg_iov = pieces.data();
        message.msg_iovlen = pieces.count();
        const auto n = ::sendmsg(socket_.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n >= 0) pieces.advance(static_cast<std::size_t>(n));
        else if (errno == EAGAIN || errno == EWOULDBLOCK) return Sent::blocked;
        else if (errno != EINTR) return Sent::failed;
    }
    return Sent::all;
}

// Writes everything, waiting for a slow client as long as its pace allows. False: the client is gone or too slow.
Awaitable<bool> Session::write(Gather pieces) {
    auto sent = try_write(pieces);
    if (sent != Sent::blocked) co_return sent == Sent::all;
    const auto phase = phase_;
    const auto& settings = worker_.settings();
    Pace pace(std::chrono::steady_clock::now(), settings.write_timeout, settings.body_rate_min_bytes_per_s);
    phase_ = Phase::writing;
    while (sent == Sent::blocked) {
        deadline_ = pace.deadline();
        const auto [error] = co_await socket_.async_wait(asio::socket_base::wait_write, kToken);
        if (error) co_return false;
        const auto before = pieces.bytes();
        sent = try_write(pieces);
        pace.add(before - pieces.bytes(), std::chrono::steady_clock::now());
    }
    enter(phase);
    co_return sent == Sent::all;
}

}  // namespace agentic::http
