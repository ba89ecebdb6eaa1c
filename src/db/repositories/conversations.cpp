#include "db/repositories/conversations.hpp"

#include <utility>

#include "db/row_mapper.hpp"
#include "db/sql.hpp"

namespace agentic::db {
namespace {

Error changed_meanwhile() { return fail(ErrorCode::precondition_failed, "The conversation has changed since it was read").error(); }

Step find_step(TenantScope scope, ConversationAccess access, Uuid id) {
    return {sql::conversation_by_id, {scope.tenant_id(), id, access.only_user()}, 1, fail_not_found("Conversation").error()};
}

Step insert_step(TenantScope scope, ConversationRow row) {
    return {sql::conversation_insert,
            {scope.tenant_id(), row.id, row.agent_id, row.user_id, row.title, to_string(row.status), to_string(row.on_busy), row.message_count,
             row.last_message_at, std::move(row.extra_metadata), row.forked_from_id, row.forked_at_sequence, row.created_at}};
}

}  // namespace

Batch ConversationRepository::create_steps(TenantScope scope, ConversationRow row) {
    Batch steps;
    steps.push_back({sql::agent_exists, {scope.tenant_id(), row.agent_id}, 1, fail_not_found("Agent").error()});
    steps.push_back(insert_step(scope, std::move(row)));
    return steps;
}

Task<> ConversationRepository::create(TenantScope scope, ConversationRow row) {
    AGENTIC_CO_CHECK(co_await db_.batch(scope, create_steps(scope, std::move(row))));
    co_return Result<void>{};
}

Task<ConversationRow> ConversationRepository::find(TenantScope scope, ConversationAccess access, Uuid id) {
    AGENTIC_CO_TRY(auto rows, co_await db_.query(scope, sql::conversation_by_id, {scope.tenant_id(), id, access.only_user()}));
    co_return first_row<ConversationRow>(rows, "Conversation");
}

Task<Page<ConversationRow>> ConversationRepository::list(TenantScope scope, ConversationAccess access, ConversationListing listing) {
    if (access.only_user() && listing.user_id && *listing.user_id != *access.only_user()) co_return Page<ConversationRow>{};
    const auto user = access.only_user() ? access.only_user() : listing.user_id;
    const auto status = listing.status.transform([](ConversationStatus s) { return to_string(s); });

    Params count{scope.tenant_id(), listing.agent_id, status};
    Params page{scope.tenant_id(), listing.agent_id, status, listing.page.size, listing.page.offset()};
    if (user) {
        count.emplace_back(*user);
        page.emplace_back(*user);
    }
    Batch reads;
    reads.push_back({user ? sql::conversation_count_of_user : sql::conversation_count, std::move(count)});
    reads.push_back({user ? sql::conversation_list_of_user : sql::conversation_list, std::move(page)});
    AGENTIC_CO_TRY(auto results, co_await db_.read(scope, std::move(reads)));
    co_return Page<ConversationRow>{rows_to<ConversationRow>(results[1]), results[0].integer(0, 0)};
}

Task<ConversationRow> ConversationRepository::update(TenantScope scope, ConversationAccess access, Uuid id, ConversationChange change,
                                                     std::optional<std::int64_t> expected_version, Timestamp now) {
    const auto status = change.status.transform([](ConversationStatus s) { return to_string(s); });
    const auto on_busy = change.on_busy.transform([](OnBusy o) { return to_string(o); });
    Batch steps;
    steps.push_back(find_step(scope, access, id));
    steps.push_back({sql::conversation_update,
                     {scope.tenant_id(), id, expected_version, change.title.has_value(), change.title.value_or(std::nullopt), status, on_busy,
                      change.extra_metadata, now},
                     1, changed_meanwhile()});
    steps.push_back(find_step(scope, access, id));
    AGENTIC_CO_TRY(auto results, co_await db_.batch(scope, std::move(steps)));
    co_return first_row<ConversationRow>(results[2], "Conversation");
}

Task<> ConversationRepository::remove(TenantScope scope, ConversationAccess access, Uuid id, std::optional<std::int64_t> expected_version,
                                      Timestamp now) {
    Batch steps;
    steps.push_back(find_step(scope, access, id));
    steps.push_back({sql::conversation_delete, {scope.tenant_id(), id, expected_version, now}, 1, changed_meanwhile()});
    AGENTIC_CO_CHECK(co_await db_.batch(scope, std::move(steps)));
    co_return Result<void>{};
}

Task<> ConversationRepository::fork(TenantScope scope, ConversationAccess access, ConversationRow copy, std::vector<Uuid> message_ids) {
    const auto id = copy.id;
    const auto source = copy.forked_from_id.value_or(Uuid{});
    Batch steps;
    steps.reserve(message_ids.size() + 2);
    steps.push_back(find_step(scope, access, source));
    steps.push_back(insert_step(scope, std::move(copy)));
    for (std::int64_t sequence = 1; const Uuid& message_id : message_ids) {
        steps.push_back({sql::message_copy, {scope.tenant_id(), message_id, id, source, sequence}, 1, fail_not_found("Message").error()});
        ++sequence;
    }
    AGENTIC_CO_CHECK(co_await db_.batch(scope, std::move(steps)));
    co_return Result<void>{};
}

}  // namespace agentic::db
