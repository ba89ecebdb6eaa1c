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
#include "schemas/messages.hpp"
#include "schemas/pagination.hpp"

namespace agentic::schemas {

struct ConversationCreate {
    Uuid agent_id;
    std::optional<std::string> title;
    OnBusy on_busy = OnBusy::enqueue;
    JsonText extra_metadata{"{}"};
};

/// What is absent stays as it is; a null title removes it.
struct ConversationPatch {
    std::optional<std::optional<std::string>> title;
    std::optional<ConversationStatus> status;
    std::optional<OnBusy> on_busy;
    std::optional<JsonText> extra_metadata;
};

struct ConversationFork {
    std::optional<Uuid> message_id;   // the last message taken along; absent: all
    std::optional<std::string> title; // absent: that of the original
};

struct Conversation {
    Uuid id;
    Uuid tenant_id;
    Uuid agent_id;
    Uuid user_id;
    std::optional<std::string> title;
    ConversationStatus status = ConversationStatus::active;
    OnBusy on_busy = OnBusy::enqueue;
    std::int64_t message_count = 0;
    std::optional<Timestamp> last_message_at;
    JsonText extra_metadata;
    std::optional<Uuid> forked_from_id;
    std::optional<std::int64_t> forked_at_sequence;
    std::int64_t version = 1;
    Timestamp created_at;
    Timestamp updated_at;
    std::optional<std::vector<Message>> messages;   // only where one conversation is viewed
};

struct ConversationListQuery {
    std::int64_t page = 1;
    std::int64_t limit = 20;
    std::optional<Uuid> agent_id;
    std::optional<Uuid> user_id;
    std::optional<ConversationStatus> status;
};

struct ConversationList {
    std::vector<Conversation> data;
    Pagination pagination;
};

}  // namespace agentic::schemas

namespace agentic::schema {
extern template struct Codec<schemas::ConversationCreate>;
extern template struct Codec<schemas::ConversationPatch>;
extern template struct Codec<schemas::ConversationFork>;
extern template struct Codec<schemas::Conversation>;
extern template struct Codec<schemas::ConversationListQuery>;
extern template struct Codec<schemas::ConversationList>;
}  // namespace agentic::schema
