#include "api/v1/conversation_rows.hpp"

#include <utility>

namespace agentic::api::v1 {

db::ConversationRow new_conversation_row(const OpContext& op, schemas::ConversationCreate in) {
    const auto now = op.clock.now();
    return {
        .id = make_uuid_v7(now.unix_ms()),
        .agent_id = in.agent_id,
        .user_id = op.principal.user_id,
        .title = std::move(in.title),
        .on_busy = in.on_busy,
        .extra_metadata = std::move(in.extra_metadata),
        .created_at = now,
        .updated_at = now,
    };
}

db::ConversationRow forked_row(const OpContext& op, const db::ConversationRow& source, ForkPoint point, std::optional<std::string> title) {
    const auto now = op.clock.now();
    return {
        .id = make_uuid_v7(now.unix_ms()),
        .agent_id = source.agent_id,
        .user_id = op.principal.user_id,
        .title = title ? std::move(title) : source.title,
        .on_busy = source.on_busy,
        .message_count = point.sequence,
        .last_message_at = point.sent_at,
        .extra_metadata = source.extra_metadata,
        .forked_from_id = source.id,
        .forked_at_sequence = point.sequence,
        .created_at = now,
        .updated_at = now,
    };
}

schemas::Conversation to_response(const TenantScope& tenant, db::ConversationRow row) {
    return {
        .id = row.id,
        .tenant_id = tenant.tenant_id(),
        .agent_id = row.agent_id,
        .user_id = row.user_id,
        .title = std::move(row.title),
        .status = row.status,
        .on_busy = row.on_busy,
        .message_count = row.message_count,
        .last_message_at = row.last_message_at,
        .extra_metadata = std::move(row.extra_metadata),
        .forked_from_id = row.forked_from_id,
        .forked_at_sequence = row.forked_at_sequence,
        .version = row.version,
        .created_at = row.created_at,
        .updated_at = row.updated_at,
        .messages = std::nullopt,
    };
}

schemas::Message to_response(db::MessageRow row) {
    return {
        .id = row.id,
        .conversation_id = row.conversation_id,
        .run_id = row.run_id,
        .sequence_number = row.sequence_number,
        .role = row.role,
        .content = std::move(row.content),
        .content_blocks = std::move(row.content_blocks),
        .citations = std::move(row.citations),
        .model = std::move(row.model),
        .token_count = row.token_count,
        .latency_ms = row.latency_ms,
        .created_at = row.created_at,
    };
}

std::vector<schemas::Message> to_response(std::vector<db::MessageRow> rows) {
    std::vector<schemas::Message> out;
    out.reserve(rows.size());
    for (auto& row : rows) out.push_back(to_response(std::move(row)));
    return out;
}

}  // namespace agentic::api::v1
