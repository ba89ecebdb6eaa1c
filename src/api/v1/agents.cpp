#include <algorithm>
#include <charconv>

#include "api/endpoint.hpp"
#include "api/v1/agent_rows.hpp"
#include "api/v1/conditional.hpp"
#include "api/v1/routes.hpp"
#include "db/repositories/collections.hpp"
#include "schema/enum.hpp"
#include "services/knowledge/agent_passages.hpp"

namespace agentic::api::v1 {
namespace {

using db::AgentRepository, db::CollectionAccess, db::CollectionRepository;
using schemas::Agent;

/// Fails with `validation_error`, naming each that is missing, foreign or not the asker's to see. Those that are `present` may stay.
Task<> check_collections(RequestContext& ctx, std::vector<Uuid> wanted, std::vector<Uuid> present = {}) {
    const auto access = CollectionAccess::of(ctx.op.principal);
    Violations violations;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (std::ranges::contains(present, wanted[i])) continue;
        const auto found = co_await CollectionRepository(ctx.services.db).find(ctx.op.tenant, access, wanted[i]);
        if (found) continue;
        if (found.error().code != ErrorCode::not_found) co_return std::unexpected(found.error());
        violations.push_back({"collection_ids[" + std::to_string(i) + "]", "is not a collection of this tenant"});
    }
    if (!violations.empty()) co_return fail_validation(std::move(violations));
    co_return Result<void>{};
}

/// A version may search what its agent no longer does: that comes back only by who sees it. What is gone by now stays gone.
Task<> check_restored(RequestContext& ctx, std::vector<Uuid> then, std::vector<Uuid> now) {
    CollectionRepository collections(ctx.services.db);
    for (const auto& id : then) {
        if (std::ranges::contains(now, id)) continue;
        auto found = co_await collections.find(ctx.op.tenant, CollectionAccess::of(ctx.op.principal), id);
        if (found) continue;
        if (found.error().code == ErrorCode::not_found) found = co_await collections.find(ctx.op.tenant, CollectionAccess::whole_tenant("whether it still exists"), id);
        if (found) co_return fail(ErrorCode::forbidden, "This version searches a collection that you cannot see");
        if (found.error().code != ErrorCode::not_found) co_return std::unexpected(found.error());
    }
    co_return Result<void>{};
}

/// Fails with `conflict` when the slug is taken in this tenant, `validation_error` when a collection is not there.
Task<Created<Agent>> agent_create(RequestContext& ctx, schemas::AgentCreate in) {
    AGENTIC_CO_CHECK(co_await check_collections(ctx, in.collection_ids));
    auto row = new_agent_row(ctx.op, ctx.services.agent_defaults, std::move(in));
    AGENTIC_CO_CHECK(co_await AgentRepository(ctx.services.db).insert(ctx.op.tenant, row));
    ctx.response_headers.set("Location", "/v1/agents/" + row.id.to_string());
    co_return Created<Agent>{to_response(ctx.op.tenant, std::move(row))};
}

Task<schemas::AgentList> agent_list(RequestContext& ctx, Query<schemas::AgentListQuery> query) {
    AGENTIC_CO_TRY(auto page, co_await AgentRepository(ctx.services.db)
                                  .list(ctx.op.tenant, {.status = query.status,
                                                        .search = std::move(query.search),
                                                        .sort = schema::enum_text(query.sort),
                                                        .order = schema::enum_text(query.order),
                                                        .page = {query.page, query.limit}}));
    schemas::AgentList list{.data = {}, .pagination = schemas::Pagination::of(query.page, query.limit, page.total)};
    list.data.reserve(page.rows.size());
    for (auto& row : page.rows) list.data.push_back(to_response(ctx.op.tenant, std::move(row)));
    co_return list;
}

/// Fails with `not_found`, as every route on one agent does.
Task<Agent> agent_view(RequestContext& ctx) {
    AGENTIC_CO_TRY(const auto id, ctx.path_id("agent_id", "Agent"));
    AGENTIC_CO_TRY(auto row, co_await AgentRepository(ctx.services.db).find(ctx.op.tenant, id));
    co_return to_response(ctx.op.tenant, std::move(row));
}

/// Fails with `precondition_failed` when If-Match does not hold, or somebody else changed the agent at the same moment; `conflict` when the new slug
/// is taken. A change that changes nothing makes no version.
Task<Agent> agent_update(RequestContext& ctx, schemas::AgentPatch change) {
    AGENTIC_CO_TRY(const auto id, ctx.path_id("agent_id", "Agent"));
    AgentRepository agents(ctx.services.db);
    AGENTIC_CO_TRY(const auto before, co_await agents.find(ctx.op.tenant, id));
    AGENTIC_CO_CHECK(ctx.require_match(to_response(ctx.op.tenant, before)));
    if (change.collection_ids) AGENTIC_CO_CHECK(co_await check_collections(ctx, *change.collection_ids, services::collections_in(before.collection_ids)));
    auto row = before;
    AGENTIC_CO_CHECK(apply(std::move(change), row));
    if (row != before) {
        row.updated_at = ctx.op.clock.now();
        AGENTIC_CO_TRY(row.version, co_await agents.update(ctx.op.tenant, row, ctx.op.principal.user_id));
    }
    co_return to_response(ctx.op.tenant, std::move(row));
}

/// Fails with `precondition_failed` when If-Match does not hold.
Task<> agent_delete(RequestContext& ctx) {
    AGENTIC_CO_TRY(const auto id, ctx.path_id("agent_id", "Agent"));
    AgentRepository agents(ctx.services.db);
    AGENTIC_CO_TRY(auto row, co_await agents.find(ctx.op.tenant, id));
    const auto expected = expected_version(ctx, row.version);
    AGENTIC_CO_CHECK(ctx.require_match(to_response(ctx.op.tenant, std::move(row))));
    co_return co_await agents.remove(ctx.op.tenant, id, expected, ctx.op.clock.now());
}

Task<schemas::AgentVersionList> agent_version_list(RequestContext& ctx, Query<schemas::PageQuery> query) {
    AGENTIC_CO_TRY(const auto id, ctx.path_id("agent_id", "Agent"));
    AGENTIC_CO_TRY(auto page, co_await AgentRepository(ctx.services.db).versions(ctx.op.tenant, id, {query.page, query.limit}));
    schemas::AgentVersionList list{.data = {}, .pagination = schemas::Pagination::of(query.page, query.limit, page.total)};
    for (auto& row : page.rows) list.data.push_back(to_response(std::move(row)));
    co_return list;
}

/// What is not a number cannot be a version: the same `not_found` as a missing one.
Result<std::int64_t> path_version(const RequestContext& ctx) {
    const auto text = ctx.path_text("version");
    std::int64_t version = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
    if (error != std::errc() || end != text.data() + text.size()) return fail_not_found("Agent version");
    return version;
}

Task<Agent> agent_version_restore(RequestContext& ctx) {
    AGENTIC_CO_TRY(const auto id, ctx.path_id("agent_id", "Agent"));
    AGENTIC_CO_TRY(const auto version, path_version(ctx));
    AgentRepository agents(ctx.services.db);
    AGENTIC_CO_TRY(const auto now, co_await agents.find(ctx.op.tenant, id));
    AGENTIC_CO_TRY(const auto then, co_await agents.collections_at(ctx.op.tenant, id, version));
    AGENTIC_CO_CHECK(co_await check_restored(ctx, services::collections_in(then), services::collections_in(now.collection_ids)));
    AGENTIC_CO_TRY(auto row, co_await agents.restore(ctx.op.tenant, id, version, ctx.op.principal.user_id, ctx.op.clock.now()));
    co_return to_response(ctx.op.tenant, std::move(row));
}

// Agents belong to the tenant, not to who made them: every member may change them, a viewer only looks.
constexpr auto kRead = Policy::role(Role::viewer, "agents:read");
constexpr auto kWrite = Policy::role(Role::member, "agents:write");

}  // namespace

Routes agent_routes() {
    using enum http::Method;
    return {
        endpoint<agent_create>(post, "/v1/agents", "agent_create", "Agents", "Create an agent", kWrite),
        endpoint<agent_list>(get, "/v1/agents", "agent_list", "Agents", "List agents", kRead).answer_kept_while_unchanged("agents"),
        endpoint<agent_view>(get, "/v1/agents/{agent_id}", "agent_view", "Agents", "View an agent", kRead),
        endpoint<agent_update>(patch, "/v1/agents/{agent_id}", "agent_update", "Agents", "Change an agent", kWrite),
        endpoint<agent_delete>(del, "/v1/agents/{agent_id}", "agent_delete", "Agents", "Delete an agent", kWrite),
        endpoint<agent_version_list>(get, "/v1/agents/{agent_id}/versions", "agent_version_list", "Agents", "List the versions of an agent", kRead),
        endpoint<agent_version_restore>(post, "/v1/agents/{agent_id}/versions/{version}/restore", "agent_version_restore", "Agents",
                                        "Make an agent what it was at a version", kWrite),
    };
}

}  // namespace agentic::api::v1
