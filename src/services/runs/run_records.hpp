#pragma once
// What a run writes, as batches: one for its beginning, one for each step, one for its end. Pure; ids and times come in.
#include <optional>
#include <string>

#include "db/repositories/idempotency.hpp"
#include "db/repositories/messages.hpp"
#include "db/repositories/runs.hpp"
#include "services/runs/event_log.hpp"
#include "services/runs/models.hpp"
#include "services/runs/run_types.hpp"

namespace agentic::services {

/// What is read of the past for a prompt; older messages would not fit any window worth filling.
constexpr db::PastLimits kPastMax{.messages = 500, .bytes = 8 << 20};

/// The user's message and the run in one commit; `conversation` when it begins one, `claim` when its request has an Idempotency-Key.
db::Batch accept_batch(TenantScope scope, const db::RunRow& run, std::optional<db::ConversationRow> conversation, const std::optional<db::IdempotencyClaim>& claim);
/// A queued run gets its turn: the user's message enters the conversation now, so that turns never mix.
db::Batch begin_batch(TenantScope scope, const db::RunRow& run, Timestamp now);

/// One model call on its way into the ledger.
struct PricedCall {
    ModelCall call;
    ModelCost cost;
    Uuid id;
};

db::Batch step_batch(TenantScope scope, const db::RunRow& run, db::RunStepRecord record, const std::optional<PricedCall>& call, EventSegment events);
/// `answer`: the assistant's message of a completed run.
db::Batch end_batch(TenantScope scope, const db::RunRow& run, db::RunEndRecord record, std::optional<db::MessageRow> answer,
                    const std::optional<PricedCall>& call, EventSegment events);

db::RunLease lease_of(const db::RunRow& run);
db::RunTokens tokens_of(const llm::Usage& usage);
llm::Usage usage_of(const db::RunRow& run);

}  // namespace agentic::services
