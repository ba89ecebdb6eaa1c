#include "services/runs/run_records.hpp"

#include <iterator>
#include <utility>

#include "db/repositories/messages.hpp"
#include "db/repositories/usage.hpp"

namespace agentic::services {
namespace {

using db::RunRepository;

void append(db::Batch& batch, db::Batch more) {
    for (auto& step : more) batch.push_back(std::move(step));
}

db::MessageRow user_message_of(const db::RunRow& run, Timestamp now) {
    return {.id = *run.user_message_id, .conversation_id = run.conversation_id, .run_id = run.id, .role = MessageRole::user, .content = run.input, .created_at = now};
}

void append_common(db::Batch& batch, TenantScope scope, const db::RunRow& run, const std::optional<PricedCall>& priced, EventSegment events, Timestamp now) {
    if (priced) {
        const auto& usage = priced->call.usage;
        batch.push_back(db::UsageRepository::insert_step(scope, {.id = priced->id,
                                                                 .run_id = run.id,
                                                                 .agent_id = run.agent_id,
                                                                 .conversation_id = run.conversation_id,
                                                                 .user_id = run.user_id,
                                                                 .provider = priced->call.provider,
                                                                 .model = priced->call.model,
                                                                 .input_tokens = usage.input_tokens,
                                                                 .output_tokens = usage.output_tokens,
                                                                 .cache_read_tokens = usage.cache_read_tokens,
                                                                 .cache_write_tokens = usage.cache_write_tokens,
                                                                 .reasoning_tokens = usage.reasoning_tokens,
                                                                 .estimated = usage.estimated,
                                                                 .cost_micros = priced->cost.micros,
                                                                 .prices = priced->cost.prices,
                                                                 .created_at = now}));
    }
    if (!events.empty()) {
        batch.push_back(RunRepository::events_step(scope, run.id, {events.first_sequence, events.last_sequence, std::move(events.body)}, now));
    }
}

}  // namespace

db::Batch accept_batch(TenantScope scope, const db::RunRow& run, std::optional<db::ConversationRow> conversation, const std::optional<db::IdempotencyClaim>& claim) {
    db::Batch batch;
    if (claim) batch.push_back(db::IdempotencyRepository::link_run_step(scope, *claim, run.id));
    if (conversation) append(batch, db::ConversationRepository::create_steps(scope, *std::move(conversation)));
    batch.push_back(RunRepository::insert_step(scope, run));
    if (run.status == RunStatus::queued) return batch;
    append(batch, db::MessageRepository::append_steps(scope, user_message_of(run, run.created_at)));
    return batch;
}

db::Batch begin_batch(TenantScope scope, const db::RunRow& run, Timestamp now) {
    db::Batch batch;
    batch.push_back(RunRepository::begin_step(scope, lease_of(run), *run.user_message_id, run.agent_version, now));
    append(batch, db::MessageRepository::append_steps(scope, user_message_of(run, now)));
    return batch;
}

db::Batch step_batch(TenantScope scope, const db::RunRow& run, db::RunStepRecord record, const std::optional<PricedCall>& call, EventSegment events) {
    db::Batch batch;
    const auto now = record.now;
    batch.push_back(RunRepository::step_step(scope, lease_of(run), std::move(record)));
    append_common(batch, scope, run, call, std::move(events), now);
    return batch;
}

db::Batch end_batch(TenantScope scope, const db::RunRow& run, db::RunEndRecord record, std::optional<db::MessageRow> answer,
                    const std::optional<PricedCall>& call, EventSegment events) {
    db::Batch batch;
    const auto now = record.now;
    batch.push_back(RunRepository::end_step(scope, lease_of(run), std::move(record)));  // first: it carries the fence
    if (answer) append(batch, db::MessageRepository::append_steps(scope, *std::move(answer)));
    append_common(batch, scope, run, call, std::move(events), now);
    return batch;
}

db::RunLease lease_of(const db::RunRow& run) { return {.run_id = run.id, .owner = run.lease_owner.value_or(Uuid{}), .attempt = run.attempt}; }

db::RunTokens tokens_of(const llm::Usage& usage) {
    return {usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, usage.cache_write_tokens, usage.reasoning_tokens};
}

llm::Usage usage_of(const db::RunRow& run) {
    return {run.input_tokens, run.output_tokens, run.cache_read_tokens, run.cache_write_tokens, run.reasoning_tokens};
}

}  // namespace agentic::services
