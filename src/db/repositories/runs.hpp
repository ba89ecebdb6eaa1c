#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/vocabulary.hpp"
#include "db/executor.hpp"
#include "db/repositories/conversations.hpp"
#include "db/repositories/page.hpp"

namespace agentic::db {

/// One agent execution as it is stored.
struct RunRow {
    Uuid tenant_id;
    Uuid id;
    Uuid agent_id;
    std::int64_t agent_version = 0;            // of the latest attempt
    Uuid conversation_id;
    Uuid user_id;
    RunStatus status = RunStatus::queued;
    std::string input;
    JsonText context;
    JsonText metadata{"{}"};
    std::optional<std::int64_t> max_iterations;
    std::int64_t attempt = 0;                  // 0 while it has never run
    std::int64_t iterations = 0;               // committed model calls
    JsonText turn_blocks{"[]"};                // of the answer so far: what committed steps of an unfinished turn wrote
    std::optional<Uuid> lease_owner;           // none: ended, or waiting for a decision
    bool cancel_requested = false;
    std::optional<Uuid> user_message_id;       // none while it is queued
    std::optional<Uuid> message_id;
    std::optional<std::string> error_code;
    std::optional<std::string> error_message;
    std::optional<std::string> model;
    std::optional<std::string> stop_reason;
    JsonText warnings{"[]"};
    std::int64_t input_tokens = 0;
    std::int64_t output_tokens = 0;
    std::int64_t cache_read_tokens = 0;
    std::int64_t cache_write_tokens = 0;
    std::int64_t reasoning_tokens = 0;
    std::int64_t cost_micros = 0;
    std::optional<std::int64_t> latency_ms;
    Timestamp created_at;
    std::optional<Timestamp> started_at;
    std::optional<Timestamp> finished_at;
    Timestamp updated_at;
};

/// Who may write a run: the process that owns it, in its attempt.
struct RunLease {
    Uuid run_id;
    Uuid owner;
    std::int64_t attempt = 0;
};

struct RunTokens {
    std::int64_t input = 0, output = 0, cache_read = 0, cache_write = 0, reasoning = 0;
};

struct RunStepRecord {
    std::int64_t iterations = 0;
    JsonText turn_blocks;
    RunTokens tokens;                          // of the whole run
    std::int64_t cost_micros = 0;              // of this step
    Timestamp now;
};

struct RunEndRecord {
    RunStatus expected = RunStatus::running;   // what it is now
    RunStatus status = RunStatus::failed;
    std::int64_t iterations = 0;
    std::optional<Uuid> message_id;
    std::optional<std::string> error_code, error_message, model, stop_reason;
    JsonText warnings{"[]"};
    RunTokens tokens;
    std::int64_t cost_micros = 0;              // of the last step
    std::int64_t latency_ms = 0;
    Timestamp now;
};

struct RunListing {
    std::optional<Uuid> agent_id;
    std::optional<Uuid> conversation_id;
    std::optional<RunStatus> status;
    PageRequest page;
};

struct RunEventsRow {
    std::int64_t first_sequence = 0;
    std::int64_t last_sequence = 0;
    std::string body;
};

struct RunBusyRow {
    Uuid id;
    RunStatus status;
};

/// One message of the past, as a prompt needs it.
struct PastMessageRow {
    Uuid id;
    std::int64_t sequence_number = 0;
    MessageRole role;
    std::string content;
    JsonText content_blocks;
};

/// How much of a conversation is read at most; the newest message is always read.
struct PastLimits {
    std::int64_t messages = 0;
    std::int64_t bytes = 0;
};

/// The runs of tenants and their events. Who may see a run is who may see its conversation; with the conversation it goes out of reach.
/// Everything fails with the Executor's `unavailable` and `storage_full` too.
class RunRepository {
public:
    explicit RunRepository(Executor& db) : db_(db) {}

    // Steps of batches. Those that name a lease fail the batch with `precondition_failed` when it is no longer the one in the row.

    /// A batch with a `running` row fails with `conflict` when its conversation is busy; see is_busy.
    static Step insert_step(TenantScope scope, RunRow row);
    static Step begin_step(TenantScope scope, RunLease lease, Uuid user_message_id, std::int64_t agent_version, Timestamp now);
    static Step step_step(TenantScope scope, RunLease lease, RunStepRecord record);
    static Step end_step(TenantScope scope, RunLease lease, RunEndRecord record);
    static Step events_step(TenantScope scope, Uuid run_id, RunEventsRow row, Timestamp now);

    /// Whether a batch failed because another run of the conversation is running.
    static bool is_busy(const Error& error);
    /// Whether a batch failed because the lease it names is not the row's.
    static bool is_fenced(const Error& error);

    /// Fails with `not_found`.
    Task<RunRow> find(TenantScope scope, ConversationAccess access, Uuid id);
    /// Newest first.
    Task<Page<RunRow>> list(TenantScope scope, ConversationAccess access, RunListing listing);
    /// The stored steps with events after `after`, oldest first.
    Task<std::vector<RunEventsRow>> events_after(TenantScope scope, Uuid run_id, std::int64_t after, std::int64_t limit);
    /// The sequence of the last stored event, or 0.
    Task<std::int64_t> last_event(TenantScope scope, Uuid run_id);
    /// Runs of a conversation that have not ended, oldest first.
    Task<std::vector<RunBusyRow>> busy_in(TenantScope scope, Uuid conversation_id);
    /// `message_id` and what was said before it, oldest first. Messages are appended and never changed, so this is the same at any time after that
    /// message was stored.
    Task<std::vector<PastMessageRow>> past(TenantScope scope, Uuid conversation_id, Uuid message_id, PastLimits limits);

    /// Durable before it answers. False: the run has ended, or is not to be seen.
    Task<bool> request_cancel(TenantScope scope, ConversationAccess access, Uuid id, Timestamp now);

    // Leases and recovery.
    Task<> worker_insert(SystemScope scope, Uuid worker, Timestamp now);
    /// False when others have given this worker up.
    Task<bool> worker_beat(SystemScope scope, Uuid worker, Timestamp now);
    /// Everybody who has or may have live runs, with the number of its heartbeat; 0 for those who are gone for sure.
    Task<std::vector<std::pair<Uuid, std::int64_t>>> owners(SystemScope scope);
    Task<> worker_delete(SystemScope scope, Uuid worker);
    /// Live runs that `owner` has, in the order they were accepted, after `after`.
    Task<std::vector<RunRow>> orphans(SystemScope scope, Uuid owner, Uuid after, std::int64_t limit);
    /// False when somebody else was faster. The attempt goes up by one when the run is running, or when `new_owner` had it already and gave it up.
    Task<bool> take_over(TenantScope scope, RunLease seen, Uuid new_owner, Timestamp now);
    Task<std::vector<Uuid>> cancel_wishes(SystemScope scope, Uuid owner);

private:
    Executor& db_;
};

}  // namespace agentic::db
