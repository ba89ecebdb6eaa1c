#pragma once
// Rows of agents, conversations and messages for tests.
#include <string>

#include "core/clock.hpp"
#include "db/repositories/agents.hpp"
#include "db/repositories/conversations.hpp"
#include "db/repositories/messages.hpp"

namespace agentic::test {

inline db::AgentRow agent_row(const Clock& clock, Uuid created_by, std::string slug) {
    const auto now = clock.now();
    return {.id = make_uuid_v7(now.unix_ms()),
            .name = "Agent " + slug,
            .slug = std::move(slug),
            .description = "Answers questions",
            .model_provider = "anthropic",
            .model_name = "claude-sonnet-5-5",
            .system_prompt = "Be brief.",
            .temperature = 0.0,
            .max_tokens = std::nullopt,
            .capabilities = {R"(["chat"])"},
            .tools = {"[]"},
            .collection_ids = {"[]"},
            .retrieval = {R"({"top_k":5,"mode":"hybrid","threshold":null})"},
            .timeout_seconds = 300,
            .max_iterations = 10,
            .memory_enabled = true,
            .tags = {R"(["a"])"},
            .config = {"{}"},
            .extra_metadata = {R"({"team":"x"})"},
            .status = AgentStatus::active,
            .version = 1,
            .created_by = created_by,
            .created_at = now,
            .updated_at = now};
}

inline db::ConversationRow conversation_row(const Clock& clock, Uuid agent_id, Uuid user_id) {
    const auto now = clock.now();
    return {.id = make_uuid_v7(now.unix_ms()), .agent_id = agent_id, .user_id = user_id, .title = "About orders", .created_at = now, .updated_at = now};
}

inline db::MessageRow message_row(const Clock& clock, Uuid conversation_id, std::string content, MessageRole role = MessageRole::user) {
    const auto now = clock.now();
    return {.id = make_uuid_v7(now.unix_ms()), .conversation_id = conversation_id, .role = role, .content = std::move(content), .created_at = now};
}

}  // namespace agentic::test
