#pragma once
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "db/repositories/runs.hpp"
#include "services/runs/event_log.hpp"
#include "services/runs/live_run.hpp"

namespace agentic::services {

/// Follows one run from a sequence on: first what is stored, then what is live here; a run that another process works on is looked at in the database
/// a few times a second. The bytes are the same either way. Lives on one thread, for one client.
class RunReader {
public:
    struct Piece {
        std::string bytes;        // SSE frames; empty when nothing came in time
        bool is_last = false;     // the stream is over
        bool is_dropped = false;  // ... because its client was too slow
    };

    RunReader(const Clock& clock, db::Executor& db, const RunHub& hub, TenantScope tenant, db::ConversationAccess access, Uuid run_id,
              std::shared_ptr<LiveRun> live, std::int64_t after);

    /// What has come, at once; else waits, at most until `until`. Fails with the Executor's errors, and `not_found` once the run is out of reach.
    Task<Piece> next(std::chrono::steady_clock::time_point until);

private:
    Task<std::string> read_stored();
    Task<Piece> next_stored(std::chrono::steady_clock::time_point until);
    Awaitable<Piece> next_live(std::chrono::steady_clock::time_point until);
    void look_for_live();

    const Clock* clock_;
    db::Executor* db_;
    const RunHub* hub_;
    TenantScope tenant_;
    db::ConversationAccess access_;
    Uuid run_id_;
    std::int64_t after_;
    std::shared_ptr<LiveRun> live_;
    std::unique_ptr<RunWatcher> watcher_;
    bool has_read_stored_ = false;   // everything before the live channel's first event
};

/// The events in a piece, one by one; `data` is their JSON.
void read_frames(std::string_view frames, const std::function<void(const StoredEvent&)>& each);

}  // namespace agentic::services
