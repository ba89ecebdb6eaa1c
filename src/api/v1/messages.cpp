#include <algorithm>

#include "api/endpoint.hpp"
#include "api/services.hpp"
#include "api/v1/conversation_rows.hpp"
#include "api/v1/routes.hpp"

namespace agentic::api::v1 {
namespace {

using schemas::SequenceCursor;
using schemas::SortOrder;

/// Messages `after` < number <= `up_to`. Numbers have no gaps, so page arithmetic is exact and page 10,000 costs what page 1 costs.
struct Range {
    std::int64_t after, up_to;

    bool empty() const { return after >= up_to; }
};

/// The place before the first message of the page, seen in the direction of reading. Fails with `validation_error` for a cursor that is not ours.
Result<SequenceCursor> place_of(const schemas::MessageListQuery& query, std::int64_t total) {
    if (query.cursor) {
        if (const auto cursor = SequenceCursor::parse(*query.cursor)) return *cursor;
        return fail_validation({{"cursor", "must be a next_cursor of this list"}});
    }
    const auto passed = (query.page - 1) * query.limit;
    if (query.order == SortOrder::asc) return SequenceCursor{SortOrder::asc, passed};
    return SequenceCursor{SortOrder::desc, std::max<std::int64_t>(total - passed, 0) + 1};
}

Range range_of(SequenceCursor place, std::int64_t limit, std::int64_t total) {
    const auto sequence = std::min(place.sequence, total + 1);  // a cursor may name any number
    if (place.order == SortOrder::asc) return {sequence, std::min(total, sequence + limit)};
    const auto up_to = sequence - 1;
    return {std::max<std::int64_t>(up_to - limit, 0), up_to};
}

std::optional<std::string> next_cursor(SortOrder order, Range range, std::int64_t total) {
    if (range.empty()) return std::nullopt;
    if (order == SortOrder::asc) return range.up_to < total ? std::optional(SequenceCursor{order, range.up_to}.to_text()) : std::nullopt;
    return range.after > 0 ? std::optional(SequenceCursor{order, range.after + 1}.to_text()) : std::nullopt;
}

/// The number of the page that starts with this range, also when it was reached by cursors.
std::int64_t page_of(const schemas::MessageListQuery& query, SortOrder order, Range range, std::int64_t total) {
    if (!query.cursor) return query.page;
    const auto passed = order == SortOrder::asc ? range.after : total - range.up_to;
    return passed / query.limit + 1;
}

/// Reads in both directions, by page or by cursor. Messages that arrive meanwhile neither shift nor repeat what a cursor reads.
/// Fails with `not_found` when the conversation is not there for the asker.
Task<schemas::MessageList> message_list(RequestContext& ctx, Query<schemas::MessageListQuery> query) {
    AGENTIC_CO_TRY(const auto id, ctx.path_id("conversation_id", "Conversation"));
    AGENTIC_CO_TRY(const auto conversation, co_await db::ConversationRepository(ctx.services.db)
                                                .find(ctx.op.tenant, db::ConversationAccess::of(ctx.op.principal), id));
    const auto total = conversation.message_count;
    AGENTIC_CO_TRY(const auto place, place_of(query, total));
    const auto range = range_of(place, query.limit, total);

    const auto page = page_of(query, place.order, range, total);
    schemas::MessageList list{.data = {}, .pagination = schemas::Pagination::of(page, query.limit, total), .next_cursor = {}};
    if (!range.empty()) {
        AGENTIC_CO_TRY(auto rows, co_await db::MessageRepository(ctx.services.db).range(ctx.op.tenant, id, range.after, range.up_to));
        if (place.order == SortOrder::desc) std::ranges::reverse(rows);
        list.data = to_response(std::move(rows));
    }
    list.next_cursor = next_cursor(place.order, range, total);
    co_return list;
}

}  // namespace

Routes message_routes() {
    return {
        endpoint<message_list>(http::Method::get, "/v1/conversations/{conversation_id}/messages", "message_list", "Conversations",
                               "List the messages of a conversation", Policy::role(Role::viewer, "conversations:read")),
    };
}

}  // namespace agentic::api::v1
