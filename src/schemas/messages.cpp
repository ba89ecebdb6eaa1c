#include "schemas/messages.hpp"

#include "schema/engine.hpp"
#include "schemas/pagination_rules.hpp"

namespace agentic::schema {

template <>
struct Rules<schemas::Message> {
    static constexpr std::string_view doc = "One message of a conversation. It never changes.";
    static constexpr auto fields = std::tuple{
        field("run_id", describe("The execution that it belongs to.")),
        field("sequence_number", describe("Its place in the conversation: from 1, without gaps."), example("1")),
        field("content", describe("Its text."), example(R"("Where is my order?")")),
        field("content_blocks", holds(R"("type":"array","items":{"type":"object"})"), describe("The blocks as the model's provider sent them.")),
        field("citations", holds(R"("type":"array","items":{"type":"object"})"), describe("What the answer quotes.")),
        field("latency_ms", describe("Milliseconds the answer took.")),
    };
};
template struct Codec<schemas::Message>;

template <>
struct Rules<schemas::MessageListQuery> {
    static constexpr auto fields = std::tuple{
        schemas::kPageRule,
        schemas::kLimitRule,
        field("cursor", length(1, 64), describe("The next_cursor of the page before; takes the place of page and order.")),
        field("order", defaulted, describe("By sequence number.")),
    };
};
template struct Codec<schemas::MessageListQuery>;

template <>
struct Rules<schemas::MessageList> {
    static constexpr auto fields = std::tuple{
        field("next_cursor", describe("Reads on from here; null on the last page.")),
    };
};
template struct Codec<schemas::MessageList>;

}  // namespace agentic::schema
