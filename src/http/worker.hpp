#pragma once
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "async/wakeup.hpp"
#include "async/work_pool.hpp"
#include "core/clock.hpp"
#include "http/body_decoder.hpp"
#include "http/body_memory.hpp"
#include "http/compress.hpp"
#include "http/cors.hpp"
#include "http/form_reader.hpp"
#include "http/forwarded.hpp"
#include "http/head_parser.hpp"
#include "http/input_buffer.hpp"
#include "http/pace.hpp"
#include "http/server_settings.hpp"

namespace agentic::http {

class Session;

/// What all connections of a server share. Read-only but for the counters.
struct ServerShared {
    ServerSettings settings;
    const Clock& clock;
    async::WorkPool& files;          // where uploads are written and large bodies compressed
    Handler handler;
    Cors cors;
    TrustedProxies proxies;

    BodyMemory bodies{settings.body_memory_max_bytes};
    std::atomic<std::size_t> connections = 0;
    std::atomic<std::size_t> in_flight = 0;
    std::atomic<std::uint64_t> requests = 0;
    std::atomic<std::uint64_t> refused = 0;   // by the parser, a limit or a deadline
    std::mutex mutex;                         // guards nothing but the wait for `connections` to fall
    std::condition_variable closed;
};

/// The memory of a request in progress. A connection has one only while it reads or answers, so an idle one costs little.
struct RequestSlot {
    RequestSlot(HeadLimits limits, BodyMemory& bodies) : head(limits), share(bodies) {}

    InputBuffer in;
    HeadParser head;
    BodyDecoder decoder;
    Request request;
    BodyMemory::Share share;                  // of the memory for bodies
    std::unique_ptr<UploadedFiles> uploads;   // of the request; removed with it
    std::string out;

    void clear_request();
};

/// The connections of one I/O thread: their deadlines, their recycled memory, the cached Date. Everything but the counter is used on that
/// thread only.
class Worker {
public:
    Worker(IoExecutor executor, ServerShared& shared);
    ~Worker();

    /// Takes a connected socket over; any thread. `overloaded`: answer 503 and close.
    void adopt(int fd, std::string remote_address, bool overloaded);
    /// Any thread: idle connections close after the grace, streams end, answers say `Connection: close`.
    void begin_drain();
    /// Any thread: everything ends now.
    void cancel_all();

    /// Any thread: calls `done` on the worker's thread when no handler of its own is pending any more. Connections must be gone.
    void retire(std::function<void()> done);

    std::size_t connections() const { return connections_.load(std::memory_order_relaxed); }

    ServerShared& shared() { return shared_; }
    const ServerSettings& settings() const { return shared_.settings; }
    bool draining() const { return draining_; }
    std::string_view date();
    std::unique_ptr<RequestSlot> take_slot();
    void give_back(std::unique_ptr<RequestSlot> slot);
    std::chrono::milliseconds tick_interval() const { return tick_interval_; }
    Gzip& gzip() { return gzip_; }

private:
    void open(int fd, std::string remote_address, bool overloaded);
    void closed(Session& session);
    void count_out();
    void arm_tick();
    void tick();

    IoExecutor executor_;
    ServerShared& shared_;
    std::chrono::milliseconds tick_interval_;
    async::SteadyTimer timer_;
    bool tick_armed_ = false;
    bool draining_ = false;
    std::vector<std::shared_ptr<Session>> sessions_;      // a session knows its place, so leaving is O(1)
    std::vector<std::unique_ptr<RequestSlot>> free_slots_;
    std::atomic<std::size_t> connections_ = 0;
    Gzip gzip_;
    std::int64_t date_second_ = -1;
    std::string date_;
};

}  // namespace agentic::http
