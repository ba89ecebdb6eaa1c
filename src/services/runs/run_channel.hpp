#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "async/wakeup.hpp"
#include "core/error.hpp"

namespace agentic::services {

/// How a run ended, as its callers hear it: the body of a 200, or an error.
struct RunEnd {
    std::optional<std::string> body;  // JSON, exactly the data of the `complete` event
    Error error;
};

/// The events of one live run, rendered once as SSE frames into one buffer that every watcher reads with its own cursor. One writer (the driver),
/// any number of watchers on any thread. A watcher that lets too much pile up is dropped; nobody ever waits for one.
class RunChannel {
public:
    /// More unread bytes than this since a watcher last looked, and it is dropped.
    static constexpr std::size_t kLagMax = 1 << 20;
    /// What one read hands out at most (but never less than a frame).
    static constexpr std::size_t kPieceMax = 64 << 10;

    explicit RunChannel(std::int64_t first_sequence) : first_sequence_(first_sequence) {}

    /// Appends the frame of one event. `data` is JSON without line breaks. Sequences grow.
    void append(std::int64_t sequence, std::string_view type, std::string_view data);
    /// No frame comes after this; watchers read what is left.
    void close(RunEnd end);

    std::int64_t first_sequence() const { return first_sequence_; }
    std::size_t size_bytes() const;
    /// Set once closed.
    std::optional<RunEnd> end() const;

    /// Waits until the run has ended, at most until `until`; nullopt when it has not.
    Awaitable<std::optional<RunEnd>> wait_end(std::chrono::steady_clock::time_point until);

private:
    friend class RunWatcher;

    struct Frame {
        std::int64_t sequence;
        std::size_t end;  // offset behind its last byte
    };
    using Waiters = std::vector<std::shared_ptr<async::Wakeup>>;

    std::size_t offset(std::size_t frame) const { return frame == 0 ? 0 : frames_[frame - 1].end; }

    const std::int64_t first_sequence_;
    mutable std::mutex mutex_;  // held for appends and copies only
    std::string bytes_;
    std::vector<Frame> frames_;
    Waiters waiters_;      // of the next frame; rung once and forgotten
    Waiters end_waiters_;
    std::optional<RunEnd> end_;
};

/// One reader of a channel, from the first event after `after` on. Lives on one thread.
class RunWatcher {
public:
    struct Piece {
        std::string bytes;               // whole frames; empty on time-out
        std::int64_t last_sequence = 0;  // of the last frame in it
        bool is_last = false;            // nothing will follow
        bool is_dropped = false;         // was too slow; rejoining after last_sequence works
    };

    RunWatcher(std::shared_ptr<RunChannel> channel, std::int64_t after);
    ~RunWatcher();
    RunWatcher(const RunWatcher&) = delete;
    RunWatcher& operator=(const RunWatcher&) = delete;

    /// Whatever has arrived, at once; else waits for the next frame, at most until `until`.
    Awaitable<Piece> next(std::chrono::steady_clock::time_point until);

    RunChannel& channel() { return *channel_; }

private:
    std::optional<Piece> take_or_register();
    Piece take();

    std::shared_ptr<RunChannel> channel_;
    std::shared_ptr<async::Wakeup> wakeup_;  // made at the first wait
    std::int64_t after_;
    std::size_t frame_ = 0;      // the next one to read
    std::size_t seen_bytes_ = 0; // end of the buffer when it last looked
};

/// Appends `id: 7\nevent: token\ndata: {...}\n\n`: the one rendering of an event, live and replayed.
void append_sse_frame(std::string& out, std::int64_t sequence, std::string_view type, std::string_view data);

}  // namespace agentic::services
