#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/vocabulary.hpp"
#include "db/executor.hpp"

namespace agentic::db {

struct MessageRow {
    Uuid id;
    Uuid conversation_id;
    std::optional<Uuid> run_id;
    std::int64_t sequence_number = 0;          // from 1, without gaps; given by the database
    MessageRole role = MessageRole::user;
    std::string content;
    JsonText content_blocks{"[]"};             // the provider's own blocks, byte for byte
    JsonText citations{"[]"};
    std::optional<std::string> model;
    std::optional<std::int64_t> token_count;
    std::optional<std::int64_t> latency_ms;
    Timestamp created_at;

    bool operator==(const MessageRow&) const = default;
};

/// The messages of conversations: appended, never changed, and out of reach when their conversation is deleted. Whether the asker may see the
/// conversation is decided by ConversationRepository::find, which comes first. Everything fails with the Executor's `unavailable` and
/// `storage_full` too.
class MessageRepository {
public:
    explicit MessageRepository(Executor& db) : db_(db) {}

    /// The steps that append `row`, to be part of a larger batch; `row.sequence_number` is ignored. Two steps: the rows of the second hold the
    /// number given. Numbers stay gapless when batches race and when one is rolled back. The batch fails with `not_found` when the conversation
    /// is missing or deleted.
    static Batch append_steps(TenantScope scope, MessageRow row);
    /// How many steps that is.
    static constexpr std::size_t kAppendSteps = 2;

    /// append_steps as a batch of its own; answers the number.
    Task<std::int64_t> append(TenantScope scope, MessageRow row);

    /// Fails with `not_found`, also when the message belongs to another conversation.
    Task<MessageRow> find(TenantScope scope, Uuid conversation_id, Uuid id);

    /// Those with `after` < number <= `up_to`, oldest first.
    Task<std::vector<MessageRow>> range(TenantScope scope, Uuid conversation_id, std::int64_t after, std::int64_t up_to);

    /// The newest `limit`, oldest first: what a model is told of the past.
    Task<std::vector<MessageRow>> latest(TenantScope scope, Uuid conversation_id, std::int64_t limit);

private:
    Executor& db_;
};

}  // namespace agentic::db
