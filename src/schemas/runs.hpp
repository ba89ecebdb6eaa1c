#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/json_text.hpp"
#include "core/uuid.hpp"
#include "core/vocabulary.hpp"
#include "schema/codec.hpp"
#include "schemas/execute.hpp"
#include "schemas/pagination.hpp"

namespace agentic::schemas {

/// Why a run did not complete.
struct RunError {
    std::string code;
    std::string message;
};

/// One step of a run: a call of a model and what it used.
struct RunStep {
    Uuid id;
    std::string type;
    std::string provider;
    std::string model;
    TokenUsage token_usage;
    std::int64_t cost_micros = 0;
    Timestamp created_at;
};

struct Run {
    Uuid id;
    Uuid agent_id;
    std::int64_t agent_version = 0;
    Uuid conversation_id;
    Uuid user_id;
    RunStatus status = RunStatus::queued;
    std::string input;
    JsonText metadata{"{}"};
    std::int64_t attempt = 0;
    std::int64_t iterations = 0;
    bool cancel_requested = false;
    std::optional<Uuid> user_message_id;
    std::optional<Uuid> message_id;
    std::optional<RunError> error;
    std::optional<std::string> model;
    std::optional<std::string> stop_reason;
    JsonText warnings{"[]"};
    TokenUsage token_usage;
    std::int64_t cost_micros = 0;
    std::optional<std::int64_t> latency_ms;
    Timestamp created_at;
    std::optional<Timestamp> started_at;
    std::optional<Timestamp> finished_at;
    std::optional<std::vector<RunStep>> steps;   // of one run; not in lists
};

struct RunList {
    std::vector<Run> data;
    Pagination pagination;
};

struct RunListQuery {
    std::optional<Uuid> agent_id;
    std::optional<Uuid> conversation_id;
    std::optional<RunStatus> status;
    std::int64_t page = 1;
    std::int64_t limit = 20;
};

struct RunWaitQuery {
    std::int64_t timeout = 30;   // seconds
};

struct RunEventsQuery {
    std::int64_t after = 0;
    std::int64_t limit = 1'000;
};

struct RunEvent {
    std::int64_t sequence = 0;
    std::string type;
    JsonText data;
};

struct RunEventList {
    std::vector<RunEvent> data;
    std::optional<std::int64_t> next_after;
};

}  // namespace agentic::schemas

namespace agentic::schema {
extern template struct Codec<schemas::RunError>;
extern template struct Codec<schemas::RunStep>;
extern template struct Codec<schemas::Run>;
extern template struct Codec<schemas::RunList>;
extern template struct Codec<schemas::RunListQuery>;
extern template struct Codec<schemas::RunWaitQuery>;
extern template struct Codec<schemas::RunEventsQuery>;
extern template struct Codec<schemas::RunEvent>;
extern template struct Codec<schemas::RunEventList>;
}  // namespace agentic::schema
