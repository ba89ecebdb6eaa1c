#pragma once
// Between the wire structs of conversations and messages and their rows.
#include <vector>

#include "core/context.hpp"
#include "db/repositories/conversations.hpp"
#include "db/repositories/messages.hpp"
#include "schemas/conversations.hpp"
#include "schemas/messages.hpp"

namespace agentic::api::v1 {

/// The row of a new conversation of whoever asks.
db::ConversationRow new_conversation_row(const OpContext& op, schemas::ConversationCreate in);

/// The last message of the original that a fork has, too; 0 and no time when it has none.
struct ForkPoint {
    std::int64_t sequence = 0;
    std::optional<Timestamp> sent_at;
};

/// The row of a conversation of whoever asks that branches off `source`.
db::ConversationRow forked_row(const OpContext& op, const db::ConversationRow& source, ForkPoint point, std::optional<std::string> title);

schemas::Conversation to_response(const TenantScope& tenant, db::ConversationRow row);
schemas::Message to_response(db::MessageRow row);
std::vector<schemas::Message> to_response(std::vector<db::MessageRow> rows);

}  // namespace agentic::api::v1
