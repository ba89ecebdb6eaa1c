#include "api/endpoint.hpp"
#include "api/services.hpp"
#include "api/v1/conditional.hpp"
#include "api/v1/conversation_rows.hpp"
#include "api/v1/routes.hpp"

namespace agentic::api::v1 {
namespace {

using db::ConversationAccess;
using db::ConversationRepository;
using db::MessageRepository;
using schemas::Conversation;

/// How many of the newest messages a conversation shows; the rest is read from its messages route.
constexpr std::int64_t kMessagesInView = 50;
/// A fork copies every message in one transaction, so it is bounded.
constexpr std::int64_t kForkMessagesMax = 5'000;

/// Fails with `not_found` when the agent is missing.
Task<Created<Conversation>> conversation_create(RequestContext& ctx, schemas::ConversationCreate in) {
    auto row = new_conversation_row(ctx.op, std::move(in));
    AGENTIC_CO_CHECK(co_await ConversationRepository(ctx.services.db).create(ctx.op.tenant, row));
    ctx.response_headers.set("Location", "/v1/conversations/" + row.id.to_string());
    co_return Created<Conversation>{to_response(ctx.op.tenant, std::move(row))};
}

Task<schemas::ConversationList> conversation_list(RequestContext& ctx, Query<schemas::ConversationListQuery> query) {
    AGENTIC_CO_TRY(auto page, co_await ConversationRepository(ctx.services.db)
                                  .list(ctx.op.tenant, ConversationAccess::of(ctx.op.principal),
                                        {.agent_id = query.agent_id,
                                         .user_id = query.user_id,
                                         .status = query.status,
                                         .page = {query.page, query.limit}}));
    schemas::ConversationList list{.data = {}, .pagination = schemas::Pagination::of(query.page, query.limit, page.total)};
    list.data.reserve(page.rows.size());
    for (auto& row : page.rows) list.data.push_back(to_response(ctx.op.tenant, std::move(row)));
    co_return list;
}

/// The conversation in the path, if the asker may see it; fails with `not_found`, as every route on one conversation does.
Task<db::ConversationRow> find_conversation(RequestContext& ctx) {
    AGENTIC_CO_TRY(const auto id, ctx.path_id("conversation_id", "Conversation"));
    co_return co_await ConversationRepository(ctx.services.db).find(ctx.op.tenant, ConversationAccess::of(ctx.op.principal), id);
}

/// What GET answers, and so what ETag and If-Match are about.
Task<Conversation> with_messages(RequestContext& ctx, db::ConversationRow row) {
    AGENTIC_CO_TRY(auto messages, co_await MessageRepository(ctx.services.db).latest(ctx.op.tenant, row.id, kMessagesInView));
    auto conversation = to_response(ctx.op.tenant, std::move(row));
    conversation.messages = to_response(std::move(messages));
    co_return conversation;
}

Task<Conversation> conversation_view(RequestContext& ctx) {
    AGENTIC_CO_TRY(auto row, co_await find_conversation(ctx));
    co_return co_await with_messages(ctx, std::move(row));
}

/// The conversation in the path as it may be changed now: also fails with `precondition_failed` when If-Match does not hold.
Task<db::ConversationRow> find_for_change(RequestContext& ctx) {
    AGENTIC_CO_TRY(auto row, co_await find_conversation(ctx));
    if (expected_version(ctx, row.version)) {
        AGENTIC_CO_TRY(const auto current, co_await with_messages(ctx, row));
        AGENTIC_CO_CHECK(ctx.require_match(current));
    }
    co_return row;
}

Task<Conversation> conversation_update(RequestContext& ctx, schemas::ConversationPatch change) {
    AGENTIC_CO_TRY(const auto before, co_await find_for_change(ctx));
    AGENTIC_CO_TRY(auto row, co_await ConversationRepository(ctx.services.db)
                                 .update(ctx.op.tenant, ConversationAccess::of(ctx.op.principal), before.id,
                                         {.title = std::move(change.title),
                                          .status = change.status,
                                          .on_busy = change.on_busy,
                                          .extra_metadata = std::move(change.extra_metadata)},
                                         expected_version(ctx, before.version), ctx.op.clock.now()));
    co_return co_await with_messages(ctx, std::move(row));
}

Task<> conversation_delete(RequestContext& ctx) {
    AGENTIC_CO_TRY(const auto row, co_await find_for_change(ctx));
    co_return co_await ConversationRepository(ctx.services.db)
        .remove(ctx.op.tenant, ConversationAccess::of(ctx.op.principal), row.id, expected_version(ctx, row.version), ctx.op.clock.now());
}

/// The last message a fork takes along. Fails with `not_found` when it is not one of the conversation, `validation_error` when it is too far.
Task<ForkPoint> fork_point(RequestContext& ctx, db::ConversationRow source, std::optional<Uuid> message_id) {
    ForkPoint point{source.message_count, source.last_message_at};
    if (message_id) {
        AGENTIC_CO_TRY(const auto message, co_await MessageRepository(ctx.services.db).find(ctx.op.tenant, source.id, *message_id));
        point = {message.sequence_number, message.created_at};
    }
    if (point.sequence <= kForkMessagesMax) co_return point;
    co_return fail_validation({{"message_id", "must be among the first " + std::to_string(kForkMessagesMax) + " messages"}});
}

/// A new conversation of the asker that starts with copies of the messages; the original is untouched.
Task<Created<Conversation>> conversation_fork(RequestContext& ctx, schemas::ConversationFork in) {
    AGENTIC_CO_TRY(const auto source, co_await find_conversation(ctx));
    AGENTIC_CO_TRY(const auto point, co_await fork_point(ctx, source, in.message_id));
    auto copy = forked_row(ctx.op, source, point, std::move(in.title));
    std::vector<Uuid> message_ids(static_cast<std::size_t>(point.sequence));
    for (auto& id : message_ids) id = make_uuid_v7(copy.created_at.unix_ms());
    AGENTIC_CO_CHECK(co_await ConversationRepository(ctx.services.db)
                         .fork(ctx.op.tenant, ConversationAccess::of(ctx.op.principal), copy, std::move(message_ids)));
    ctx.response_headers.set("Location", "/v1/conversations/" + copy.id.to_string());
    AGENTIC_CO_TRY(auto conversation, co_await with_messages(ctx, std::move(copy)));
    co_return Created<Conversation>{std::move(conversation)};
}

// People see their own conversations, administrators the whole tenant's: ConversationAccess says so in every query.
constexpr auto kRead = Policy::role(Role::viewer, "conversations:read");
constexpr auto kWrite = Policy::role(Role::member, "conversations:write");
constexpr std::string_view kOne = "/v1/conversations/{conversation_id}";

}  // namespace

Routes conversation_routes() {
    using enum http::Method;
    return {
        endpoint<conversation_create>(post, "/v1/conversations", "conversation_create", "Conversations", "Start a conversation", kWrite),
        endpoint<conversation_list>(get, "/v1/conversations", "conversation_list", "Conversations", "List conversations", kRead),
        endpoint<conversation_view>(get, kOne, "conversation_view", "Conversations", "View a conversation and its newest messages", kRead),
        endpoint<conversation_update>(patch, kOne, "conversation_update", "Conversations", "Change a conversation", kWrite),
        endpoint<conversation_delete>(del, kOne, "conversation_delete", "Conversations", "Delete a conversation and its messages", kWrite),
        endpoint<conversation_fork>(post, "/v1/conversations/{conversation_id}/fork", "conversation_fork", "Conversations",
                                    "Branch off a conversation at a message", kWrite),
    };
}

}  // namespace agentic::api::v1
