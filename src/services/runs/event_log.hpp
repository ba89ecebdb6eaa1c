#pragma once
// A run's events: what the driver emits, how they are stored, and how they are read back.
//
// A segment is the events of one committed step as one text: runs of deltas are kept as one piece of text with its cuts, so that an answer of a
// thousand tokens costs little more than its text and one row, and still replays the same frames byte for byte. Format, sizes in bytes:
//
//     token 3 5 2\nHello wor\nmessage 17\n{"message_id":..}\n
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "services/runs/run_channel.hpp"

namespace agentic::services {

/// The first sequence number of an attempt. Attempts are a million apart: what an attempt had sent but not stored when it died is never sent again
/// under the same number, and what the next one sends is always newer.
constexpr std::int64_t kSequencesPerAttempt = 1'000'000;
constexpr std::int64_t first_sequence_of(std::int64_t attempt) { return (attempt - 1) * kSequencesPerAttempt + 1; }

/// One stored step.
struct EventSegment {
    std::int64_t first_sequence = 0;
    std::int64_t last_sequence = 0;
    std::string body;

    bool empty() const { return body.empty(); }
};

/// One event read back.
struct StoredEvent {
    std::int64_t sequence = 0;
    std::string_view type;
    std::string_view data;  // JSON; valid during the call only
};

/// Calls `each` for every event of a segment, in order. False when the text is malformed.
bool read_segment(const EventSegment& segment, const std::function<void(const StoredEvent&)>& each);
/// Appends the SSE frames of the events after `after`.
bool append_frames(std::string& out, const EventSegment& segment, std::int64_t after);

/// Numbers the events of one attempt, shows them to watchers and collects them for the next commit. Deltas are shown at once, before they are
/// durable; everything that acknowledges something (`held`) is numbered and stored first and shown by `release` after the commit.
class EventLog {
public:
    /// Bytes of frames a run may produce; the driver stops it there.
    static constexpr std::size_t kBytesMax = 16 << 20;

    EventLog(RunChannel& channel, std::int64_t attempt) : channel_(channel), next_(first_sequence_of(attempt)), segment_first_(next_), limit_(next_ + kSequencesPerAttempt) {}

    /// A piece of the answer (`token`) or of its reasoning (`thinking`). Empty pieces make no event; NUL, which no database stores, becomes U+FFFD.
    void delta(std::string_view type, std::string_view text);
    /// A whole event, shown at once.
    void event(std::string_view type, std::string_view data);
    /// A whole event, shown when it is durable.
    void held(std::string_view type, std::string_view data);

    /// What has been collected since the last `release`; calling it again gives the same.
    EventSegment segment() const;
    /// The segment is durable: shows what was held and starts the next one.
    void release();
    /// The commit will not happen in this form: forgets what was held, keeps what was shown.
    void drop_held();

    bool is_full() const { return bytes_ > kBytesMax || next_ + 16 >= limit_; }

private:
    struct Held {
        std::int64_t sequence;
        std::string type, data;
    };
    void close_group();

    RunChannel& channel_;
    std::int64_t next_;
    std::int64_t segment_first_;
    std::int64_t limit_;
    std::string body_;                   // closed groups
    std::string group_type_;             // of the open run of deltas
    std::string group_cuts_, group_text_;
    std::string scratch_;
    std::vector<Held> held_;
    std::size_t body_before_held_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace agentic::services
