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
#include "schemas/pagination.hpp"

namespace agentic::schemas {

struct Message {
    Uuid id;
    Uuid conversation_id;
    std::optional<Uuid> run_id;
    std::int64_t sequence_number = 0;
    MessageRole role = MessageRole::user;
    std::string content;
    JsonText content_blocks;
    JsonText citations;
    std::optional<std::string> model;
    std::optional<std::int64_t> token_count;
    std::optional<std::int64_t> latency_ms;
    Timestamp created_at;
};

/// A cursor takes the place of `page` and `order`, which it contains.
struct MessageListQuery {
    std::int64_t page = 1;
    std::int64_t limit = 20;
    std::optional<std::string> cursor;
    SortOrder order = SortOrder::asc;
};

struct MessageList {
    std::vector<Message> data;
    Pagination pagination;
    std::optional<std::string> next_cursor;   // none: this was the last page
};

}  // namespace agentic::schemas

namespace agentic::schema {
extern template struct Codec<schemas::Message>;
extern template struct Codec<schemas::MessageListQuery>;
extern template struct Codec<schemas::MessageList>;
}  // namespace agentic::schema
