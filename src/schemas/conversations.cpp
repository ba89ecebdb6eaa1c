#include "schemas/conversations.hpp"

#include "schema/engine.hpp"
#include "schemas/pagination_rules.hpp"

namespace agentic::schema {
namespace {

constexpr Length kTitleLength = length(1, 255);
constexpr Items kMetadataMembers = items(0, 100);
constexpr Describe kOnBusyIs = describe("What a new message does while the agent is still answering.");

}  // namespace

template <>
struct Rules<schemas::ConversationCreate> {
    static constexpr std::string_view doc = "A new, empty conversation with an agent.";
    static constexpr auto fields = std::tuple{
        field("title", kTitleLength, example(R"("Order 1234")")),
        field("on_busy", defaulted, kOnBusyIs),
        field("extra_metadata", defaulted, object_only, kMetadataMembers, describe("Free-form; only carried."), example("{}")),
    };
};
template struct Codec<schemas::ConversationCreate>;

template <>
struct Rules<schemas::ConversationPatch> {
    static constexpr std::string_view doc = "Changes to a conversation. What is absent stays; null removes the title.";
    static constexpr auto fields = std::tuple{
        field("title", kTitleLength),
        field("status", not_null),
        field("on_busy", not_null, kOnBusyIs),
        field("extra_metadata", not_null, object_only, kMetadataMembers),
    };
};
template struct Codec<schemas::ConversationPatch>;

template <>
struct Rules<schemas::ConversationFork> {
    static constexpr std::string_view doc = "Where to branch off.";
    static constexpr auto fields = std::tuple{
        field("message_id", describe("The last message that is copied; without it, all are.")),
        field("title", kTitleLength, describe("Without it, the title of the original.")),
    };
};
template struct Codec<schemas::ConversationFork>;

template <>
struct Rules<schemas::Conversation> {
    static constexpr std::string_view doc = "A conversation of one user with one agent.";
    static constexpr auto fields = std::tuple{
        field("on_busy", kOnBusyIs),
        field("message_count", describe("Also the sequence number of the last message.")),
        field("extra_metadata", object_only),
        field("forked_from_id", describe("The conversation it was branched off from.")),
        field("forked_at_sequence", describe("Messages up to this one were copied from there.")),
        field("version", describe("Goes up with every change and every message; its ETag.")),
        field("messages", omit_empty, describe("The newest messages, oldest first; only when one conversation is viewed.")),
    };
};
template struct Codec<schemas::Conversation>;

template <>
struct Rules<schemas::ConversationListQuery> {
    static constexpr auto fields = std::tuple{
        schemas::kPageRule,
        schemas::kLimitRule,
        field("user_id", describe("Only administrators see other users' conversations.")),
    };
};
template struct Codec<schemas::ConversationListQuery>;

template <>
struct Rules<schemas::ConversationList> {};
template struct Codec<schemas::ConversationList>;

}  // namespace agentic::schema
