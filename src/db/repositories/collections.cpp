#include "db/repositories/collections.hpp"

#include <utility>

#include "db/row_mapper.hpp"
#include "db/sql.hpp"

namespace agentic::db {
namespace {

Error missing() { return fail_not_found("Collection").error(); }
Error changed_meanwhile() { return fail(ErrorCode::precondition_failed, "The collection has changed since it was read").error(); }

/// The only unique rule a collection can break is that of its name (its id is ours).
template <class T>
Result<T> name_the_name(Result<T> result, const std::string& name) {
    if (!result && result.error().code == ErrorCode::conflict) result.error().public_message = "A collection with the name '" + name + "' already exists";
    return result;
}

}  // namespace

Task<> CollectionRepository::insert(TenantScope scope, CollectionRow row) {
    const auto name = row.name;
    Params params{scope.tenant_id(), row.id, std::move(row.name), row.description, std::move(row.embedding_model), row.embedding_dimensions, row.chunk_size, row.chunk_overlap,
                  to_string(row.chunking), to_string(row.visibility), std::move(row.config), std::move(row.extra_metadata), row.created_by, row.created_at};
    AGENTIC_CO_CHECK(name_the_name(co_await db_.query(scope, sql::collection_insert, std::move(params)), name));
    co_return Result<void>{};
}

Task<CollectionRow> CollectionRepository::find(TenantScope scope, CollectionAccess access, Uuid id) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::collection_by_id, {scope.tenant_id(), id, access.only_user()}));
    co_return first_row<CollectionRow>(rows, "Collection");
}

Task<Page<CollectionRow>> CollectionRepository::list(TenantScope scope, CollectionAccess access, CollectionListing listing) {
    const auto pattern = listing.search.transform(like_pattern);
    Batch reads;
    reads.push_back({sql::collection_count, {scope.tenant_id(), access.only_user(), pattern}});
    reads.push_back({sql::collection_list, {scope.tenant_id(), access.only_user(), pattern, listing.page.size, listing.page.offset()}});
    AGENTIC_CO_TRY(const auto results, co_await db_.read(scope, std::move(reads)));
    co_return Page<CollectionRow>{rows_to<CollectionRow>(results[1]), results[0].integer(0, 0)};
}

Task<std::vector<CollectionScopeRow>> CollectionRepository::scopes(TenantScope scope, CollectionAccess access, std::int64_t limit) {
    AGENTIC_CO_TRY(const auto rows, co_await db_.query(scope, sql::collection_scopes, {scope.tenant_id(), access.only_user(), limit}));
    co_return rows_to<CollectionScopeRow>(rows);
}

Task<> CollectionRepository::update(TenantScope scope, CollectionRow row) {
    const auto name = row.name;
    Batch steps;
    steps.push_back({sql::collection_update,
                     {scope.tenant_id(), row.id, row.version, std::move(row.name), row.description, row.chunk_size, row.chunk_overlap, to_string(row.chunking),
                      to_string(row.visibility), std::move(row.config), std::move(row.extra_metadata), row.updated_at},
                     1,
                     changed_meanwhile()});
    AGENTIC_CO_CHECK(name_the_name(co_await db_.batch(scope, std::move(steps)), name));
    co_return Result<void>{};
}

Step CollectionRepository::exists_step(TenantScope scope, Uuid id) { return {sql::collection_exists, {scope.tenant_id(), id}, 1, missing()}; }

Step CollectionRepository::remove_step(TenantScope scope, Uuid id, std::optional<std::int64_t> expected_version, Timestamp now) {
    return {sql::collection_delete, {scope.tenant_id(), id, expected_version, now}, 1, changed_meanwhile()};
}

Step CollectionRepository::erase_step(TenantScope scope, Uuid id) { return {sql::collection_erase, {scope.tenant_id(), id}}; }

Step CollectionRepository::reembed_begin_step(TenantScope scope, Uuid id, std::string model, std::int64_t dimensions, Timestamp now) {
    return {sql::collection_reembed_begin, {scope.tenant_id(), id, std::move(model), dimensions, now}, 1, missing()};
}

Step CollectionRepository::reembed_progress_step(TenantScope scope, Uuid id, std::int64_t percent) {
    return {sql::collection_reembed_progress, {scope.tenant_id(), id, percent}, 1, missing()};
}

Step CollectionRepository::reembed_end_step(TenantScope scope, Uuid id, std::int64_t generation, Timestamp now) {
    return {sql::collection_reembed_end, {scope.tenant_id(), id, generation, now}, 1, changed_meanwhile()};
}

Step CollectionRepository::reembed_failed_step(TenantScope scope, Uuid id, std::string reason, Timestamp now) {
    return {sql::collection_reembed_failed, {scope.tenant_id(), id, std::move(reason), now}};
}

Step CollectionRepository::advance_step(TenantScope scope, Uuid id, std::int64_t generation) {
    return {sql::collection_advance, {scope.tenant_id(), id, generation}, 1, fail(ErrorCode::unavailable, "The collection's vectors were renewed meanwhile").error()};
}

}  // namespace agentic::db
