#include "db/repositories/agents.hpp"

#include <utility>

#include "db/row_mapper.hpp"
#include "db/sql.hpp"

namespace agentic::db {
namespace {

Error missing() { return fail_not_found("Agent").error(); }
Error changed_meanwhile() { return fail(ErrorCode::precondition_failed, "The agent has changed since it was read").error(); }

/// The only unique rule an agent can break is that of its slug (its id is ours), so a conflict is explained by it.
template <class T>
Result<T> name_the_slug(Result<T> result, const std::string& slug) {
    if (!result && result.error().code == ErrorCode::conflict) result.error().public_message = "An agent with the slug '" + slug + "' already exists";
    return result;
}

Params insert_params(TenantScope scope, AgentRow row) {
    return {scope.tenant_id(), row.id, std::move(row.name), std::move(row.slug), row.description, std::move(row.model_provider),
            std::move(row.model_name), row.system_prompt, row.temperature, row.max_tokens, std::move(row.capabilities), std::move(row.tools),
            std::move(row.collection_ids), std::move(row.retrieval), row.timeout_seconds, row.max_iterations, row.memory_enabled,
            std::move(row.tags), std::move(row.config), std::move(row.extra_metadata), to_string(row.status), row.version, row.created_by,
            row.created_at, row.updated_at};
}

Params update_params(TenantScope scope, AgentRow row) {
    return {scope.tenant_id(), row.id, row.version, std::move(row.name), std::move(row.slug), row.description, std::move(row.model_provider),
            std::move(row.model_name), row.system_prompt, row.temperature, row.max_tokens, std::move(row.capabilities), std::move(row.tools),
            std::move(row.collection_ids), std::move(row.retrieval), row.timeout_seconds, row.max_iterations, row.memory_enabled,
            std::move(row.tags), std::move(row.config), std::move(row.extra_metadata), to_string(row.status), row.updated_at};
}

/// A read that must find the live agent, or the whole batch fails with `not_found`.
Step agent_must_exist(TenantScope scope, Uuid id) { return {sql::agent_exists, {scope.tenant_id(), id}, 1, missing()}; }

Step record_version(TenantScope scope, Uuid id, std::optional<Uuid> editor) {
    return {sql::agent_version_record, {scope.tenant_id(), id, editor}, 1, changed_meanwhile()};
}

}  // namespace

Task<> AgentRepository::insert(TenantScope scope, AgentRow row) {
    const std::string slug = row.slug;
    const auto id = row.id;
    const auto creator = row.created_by;
    Batch steps;
    steps.push_back({sql::agent_insert, insert_params(scope, std::move(row))});
    steps.push_back(record_version(scope, id, creator));
    AGENTIC_CO_CHECK(name_the_slug(co_await db_.batch(scope, std::move(steps)), slug));
    co_return Result<void>{};
}

Task<AgentRow> AgentRepository::find(TenantScope scope, Uuid id) {
    AGENTIC_CO_TRY(auto rows, co_await db_.query(scope, sql::agent_by_id, {scope.tenant_id(), id}));
    co_return first_row<AgentRow>(rows, "Agent");
}

Task<AgentRow> AgentRepository::find_by_slug(TenantScope scope, std::string slug) {
    AGENTIC_CO_TRY(auto rows, co_await db_.query(scope, sql::agent_by_slug, {scope.tenant_id(), std::move(slug)}));
    co_return first_row<AgentRow>(rows, "Agent");
}

Task<Page<AgentRow>> AgentRepository::list(TenantScope scope, AgentListing listing) {
    const auto status = listing.status.transform([](AgentStatus s) { return to_string(s); });
    const auto pattern = listing.search.transform(like_pattern);
    const bool default_order = listing.sort == "created_at" && listing.order == "desc";

    Params count{scope.tenant_id(), status};
    if (pattern) count.emplace_back(pattern);
    Params page{scope.tenant_id(), status, pattern, listing.page.size, listing.page.offset()};
    if (!default_order) page.insert(page.end(), {listing.sort, listing.order});

    Batch reads;
    reads.push_back({pattern ? sql::agent_count_matching : sql::agent_count, std::move(count)});
    reads.push_back({default_order ? sql::agent_list : sql::agent_list_sorted, std::move(page)});
    AGENTIC_CO_TRY(auto results, co_await db_.read(scope, std::move(reads)));
    co_return Page<AgentRow>{rows_to<AgentRow>(results[1]), results[0].integer(0, 0)};
}

Task<std::int64_t> AgentRepository::update(TenantScope scope, AgentRow row, Uuid editor) {
    const std::string slug = row.slug;
    const auto id = row.id;
    Batch steps;
    steps.push_back({sql::agent_update, update_params(scope, std::move(row)), 1, changed_meanwhile()});
    steps.push_back(record_version(scope, id, editor));
    AGENTIC_CO_TRY(auto results, name_the_slug(co_await db_.batch(scope, std::move(steps)), slug));
    co_return results[0].integer(0, 0);
}

Task<> AgentRepository::remove(TenantScope scope, Uuid id, std::optional<std::int64_t> expected_version, Timestamp now) {
    Batch steps;
    steps.push_back(agent_must_exist(scope, id));
    steps.push_back({sql::agent_delete, {scope.tenant_id(), id, expected_version, now}, 1, changed_meanwhile()});
    AGENTIC_CO_CHECK(co_await db_.batch(scope, std::move(steps)));
    co_return Result<void>{};
}

Task<Page<AgentVersionRow>> AgentRepository::versions(TenantScope scope, Uuid id, PageRequest page) {
    Batch reads;
    reads.push_back({sql::agent_version_count, {scope.tenant_id(), id}});
    reads.push_back({sql::agent_version_list, {scope.tenant_id(), id, page.size, page.offset()}});
    AGENTIC_CO_TRY(auto results, co_await db_.read(scope, std::move(reads)));
    const auto total = results[0].integer(0, 0);
    if (total == 0) co_return std::unexpected(missing());  // every living agent has at least one version
    co_return Page<AgentVersionRow>{rows_to<AgentVersionRow>(results[1]), total};
}

Task<JsonText> AgentRepository::collections_at(TenantScope scope, Uuid id, std::int64_t version) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::agent_version_collections, {scope.tenant_id(), id, version}));
    if (rows.empty()) co_return fail_not_found("Agent version");
    co_return JsonText{std::string(rows.text(0, 0))};
}

Task<AgentRow> AgentRepository::restore(TenantScope scope, Uuid id, std::int64_t version, Uuid editor, Timestamp now) {
    Batch steps;
    steps.push_back(agent_must_exist(scope, id));
    steps.push_back({sql::agent_version_collections, {scope.tenant_id(), id, version}, 1, fail_not_found("Agent version").error()});
    steps.push_back({sql::agent_version_restore, {scope.tenant_id(), id, version, now}, 1, missing()});
    steps.push_back(record_version(scope, id, editor));
    steps.push_back({sql::agent_by_id, {scope.tenant_id(), id}});
    AGENTIC_CO_TRY(auto results, co_await db_.batch(scope, std::move(steps)));
    co_return first_row<AgentRow>(results[4], "Agent");
}

}  // namespace agentic::db
