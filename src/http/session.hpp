#pragma once
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/pace.hpp"
#include "http/response_head.hpp"
#include "http/worker.hpp"

namespace agentic::http {

/// Up to three pieces of memory on their way into one gathered write.
class Gather {
public:
    explicit Gather(std::string_view first, std::string_view second = {}, std::string_view third = {});
    bool empty() const { return first_ == count_; }
    iovec* data() { return pieces_.data() + first_; }
    std::size_t count() const { return count_ - first_; }
    std::size_t bytes() const;
    void advance(std::size_t bytes);

private:
    std::array<iovec, 3> pieces_{};
    std::size_t first_ = 0;
    std::size_t count_ = 0;
};

/// One connection: reads a request, has it answered, writes the answer, again and again. Lives on one I/O thread. Shared, because its
/// coroutine, its hang-up watch and the worker's list end in an order the client decides.
class Session : public std::enable_shared_from_this<Session> {
public:
    using Socket = asio::basic_stream_socket<asio::ip::tcp, IoExecutor>;

    Session(Worker& worker, Socket socket, std::string peer, bool overloaded);

    Awaitable<void> run();

    /// From the worker's clock: deadlines, memory of idle connections, clients that went away while a handler works.
    void on_tick(SteadyTime now);

    void begin_drain();
    /// Ends the connection wherever it is.
    void cancel();
    void close();
    asio::cancellation_slot cancellation_slot() { return cancel_.slot(); }

    std::size_t index = 0;  // in the worker's list

private:
    enum class Phase : std::uint8_t { idle, head, body, handling, streaming, writing, lingering };
    enum class Sent : std::uint8_t { all, blocked, failed };

    // Reading. False: the connection ends (what had to be said has been written).
    Awaitable<bool> read_request();
    Awaitable<bool> read_body();
    Awaitable<std::optional<Response>> upload_refusal();
    Awaitable<bool> receive_body(FormReader* form, std::uint64_t limit);
    Awaitable<Result<void>> store(FormReader& form, bool is_last);
    Awaitable<bool> fill(std::size_t wanted);
    bool has_input();
    Awaitable<bool> reading_stopped();
    Awaitable<bool> refuse(ParseFailure failure);
    Awaitable<bool> refuse(Error error, int status = 0);
    Awaitable<bool> refuse(Response response);
    Awaitable<void> refuse_overload();
    Awaitable<void> linger();

    // Answering.
    Awaitable<void> answer();
    Awaitable<Response> call_handler();
    static Response answer_of_exception(const Request& request);
    Awaitable<void> compress(Response& response);
    void identify(Request& request) const;
    Awaitable<bool> send(Response& response);
    Awaitable<bool> send_stream(Response& response, BodyFraming framing);
    Awaitable<bool> pump(BodyStream& stream, BodyFraming framing, bool is_sse, std::optional<std::uint64_t> declared);
    Awaitable<bool> write_piece(std::string_view piece, BodyFraming framing);
    Sent try_write(Gather& pieces);
    Awaitable<bool> write(Gather pieces);

    void enter(Phase phase, std::chrono::milliseconds timeout);
    void enter(Phase phase);
    void end_request();
    void release_slot();
    void watch_for_hangup();
    void client_left();
    bool peer_hung_up();

    Worker& worker_;
    Socket socket_;
    asio::cancellation_signal cancel_;
    std::string peer_;
    std::unique_ptr<RequestSlot> slot_;
    SteadyTime deadline_ = SteadyTime::max();
    Phase phase_ = Phase::idle;
    bool overloaded_;
    bool keep_alive_ = true;
    bool timed_out_ = false;
    bool parking_ = false;          // the pending read was cancelled to give its memory back
    bool linger_ = false;           // there may be unread input: a plain close would destroy the answer
    bool watching_ = false;
    bool in_next_ = false;          // waiting for a stream's next piece
    bool interrupted_ = false;      // ... and woken by a drain
};

}  // namespace agentic::http
