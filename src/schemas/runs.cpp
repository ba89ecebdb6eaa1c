#include "schemas/runs.hpp"

#include "schema/engine.hpp"
#include "schemas/pagination_rules.hpp"

namespace agentic::schema {

template <>
struct Rules<schemas::RunError> {
    static constexpr std::string_view doc = "Why a run did not complete.";
    static constexpr auto fields = std::tuple{field("code", example(R"("upstream_error")")), field("message")};
};

template <>
struct Rules<schemas::RunStep> {
    static constexpr std::string_view doc = "One step of a run.";
    static constexpr auto fields = std::tuple{
        field("id"), field("type", describe("`model_call`."), example(R"("model_call")")), field("provider"), field("model"), field("token_usage"),
        field("cost_micros"), field("created_at"),
    };
};

template <>
struct Rules<schemas::Run> {
    static constexpr std::string_view doc = "The durable record of one agent execution.";
    static constexpr auto fields = std::tuple{
        field("id"),
        field("agent_id"),
        field("agent_version", describe("The version of the agent that answered.")),
        field("conversation_id"),
        field("user_id"),
        field("status"),
        field("input"),
        field("metadata"),
        field("attempt", describe("How often work on it began: more than 1 when a process was cut off.")),
        field("iterations", describe("Finished model calls.")),
        field("cancel_requested"),
        field("user_message_id", describe("The stored question; null while the run is queued.")),
        field("message_id", describe("The stored answer.")),
        field("error"),
        field("model", describe("As the provider reports it.")),
        field("stop_reason", example(R"("end_turn")")),
        field("warnings", holds(R"("type":"array","items":{"type":"string"})")),
        field("token_usage"),
        field("cost_micros"),
        field("latency_ms"),
        field("created_at"),
        field("started_at"),
        field("finished_at"),
        field("steps", omit_empty, describe("Of one run; lists leave it out.")),
    };
};

template <>
struct Rules<schemas::RunList> {
    static constexpr std::string_view doc = "Runs, newest first.";
    static constexpr auto fields = std::tuple{field("data"), field("pagination")};
};

template <>
struct Rules<schemas::RunListQuery> {
    static constexpr std::string_view doc = "Which runs to list.";
    static constexpr auto fields = std::tuple{field("agent_id"), field("conversation_id"), field("status"), schemas::kPageRule, schemas::kLimitRule};
};

template <>
struct Rules<schemas::RunWaitQuery> {
    static constexpr std::string_view doc = "How long to wait for the end of a run.";
    static constexpr auto fields = std::tuple{field("timeout", defaulted, range(0, 60), describe("In seconds."), example("30"))};
};

template <>
struct Rules<schemas::RunEventsQuery> {
    static constexpr std::string_view doc = "From where to read the events of a run.";
    static constexpr auto fields = std::tuple{
        field("after", defaulted, range(0, 9'000'000'000'000'000.0), describe("The last sequence number already seen; `Last-Event-ID` wins over it.")),
        field("limit", defaulted, range(1, 1'000), describe("Of the JSON answer; a stream has no end but the run's.")),
    };
};

template <>
struct Rules<schemas::RunEvent> {
    static constexpr std::string_view doc = "One event of a run.";
    static constexpr auto fields = std::tuple{
        field("sequence", describe("Grows within a run; not without gaps.")),
        field("type", example(R"("token")")),
        field("data"),
    };
};

template <>
struct Rules<schemas::RunEventList> {
    static constexpr std::string_view doc = "Events of a run, oldest first.";
    static constexpr auto fields = std::tuple{field("data"), field("next_after", describe("Ask for more after this one; null when there is no more for now."))};
};

template struct Codec<schemas::RunError>;
template struct Codec<schemas::RunStep>;
template struct Codec<schemas::Run>;
template struct Codec<schemas::RunList>;
template struct Codec<schemas::RunListQuery>;
template struct Codec<schemas::RunWaitQuery>;
template struct Codec<schemas::RunEventsQuery>;
template struct Codec<schemas::RunEvent>;
template struct Codec<schemas::RunEventList>;

}  // namespace agentic::schema
