#include "api/endpoint.hpp"
#include "api/services.hpp"
#include "api/v1/conditional.hpp"
#include "api/v1/knowledge_policy.hpp"
#include "api/v1/knowledge_rows.hpp"
#include "api/v1/routes.hpp"
#include "services/knowledge/knowledge_service.hpp"

namespace agentic::api::v1 {
namespace {

using db::CollectionAccess, db::CollectionRepository;
using schemas::Collection;

/// Fails as KnowledgeService::create does.
Task<Created<Collection>> collection_create(RequestContext& ctx, schemas::CollectionCreate in) {
    AGENTIC_CO_TRY(auto row, co_await ctx.services.knowledge->create(ctx.op, new_collection_row(std::move(in))));
    ctx.response_headers.set("Location", "/v1/rag/collections/" + row.id.to_string());
    co_return Created<Collection>{to_response(ctx.op.tenant, std::move(row))};
}

Task<schemas::CollectionList> collection_list(RequestContext& ctx, Query<schemas::CollectionListQuery> query) {
    AGENTIC_CO_TRY(auto page, co_await CollectionRepository(ctx.services.db)
                                  .list(ctx.op.tenant, CollectionAccess::of(ctx.op.principal), {.search = std::move(query.search), .page = {query.page, query.limit}}));
    schemas::CollectionList list{.data = {}, .pagination = schemas::Pagination::of(query.page, query.limit, page.total)};
    for (auto& row : page.rows) list.data.push_back(to_response(ctx.op.tenant, std::move(row)));
    co_return list;
}

Task<db::CollectionRow> collection_of(RequestContext& ctx) {
    AGENTIC_CO_TRY(const auto id, ctx.path_id("collection_id", "Collection"));
    co_return co_await CollectionRepository(ctx.services.db).find(ctx.op.tenant, CollectionAccess::of(ctx.op.principal), id);
}

/// Fails with `not_found`, as every route on one collection does.
Task<Collection> collection_view(RequestContext& ctx) {
    AGENTIC_CO_TRY(auto row, co_await collection_of(ctx));
    co_return to_response(ctx.op.tenant, std::move(row));
}

/// Fails with `precondition_failed` when If-Match does not hold, or somebody else changed the collection at the same moment; `conflict` when the name is taken.
Task<Collection> collection_update(RequestContext& ctx, schemas::CollectionPatch change) {
    AGENTIC_CO_TRY(const auto before, co_await collection_of(ctx));
    AGENTIC_CO_CHECK(ctx.require_match(to_response(ctx.op.tenant, before)));
    auto row = before;
    AGENTIC_CO_CHECK(apply(std::move(change), row));
    if (row != before) {
        row.updated_at = ctx.op.clock.now();
        AGENTIC_CO_CHECK(co_await CollectionRepository(ctx.services.db).update(ctx.op.tenant, row));
        row.version += 1;
    }
    co_return to_response(ctx.op.tenant, std::move(row));
}

/// Fails with `precondition_failed` when If-Match does not hold.
Task<> collection_delete(RequestContext& ctx) {
    AGENTIC_CO_TRY(auto row, co_await collection_of(ctx));
    const auto id = row.id;
    const auto expected = expected_version(ctx, row.version);
    AGENTIC_CO_CHECK(ctx.require_match(to_response(ctx.op.tenant, std::move(row))));
    co_return co_await ctx.services.knowledge->remove_collection(ctx.op, id, expected);
}

/// Fails as KnowledgeService::reembed does.
Task<Accepted<Collection>> collection_reembed(RequestContext& ctx, schemas::ReembedRequest in) {
    AGENTIC_CO_TRY(const auto id, ctx.path_id("collection_id", "Collection"));
    AGENTIC_CO_TRY(auto row, co_await ctx.services.knowledge->reembed(ctx.op, id, std::move(in.embedding_model)));
    co_return Accepted<Collection>{to_response(ctx.op.tenant, std::move(row))};
}

constexpr std::string_view kReembedText =
    "Embeds every chunk beside the vectors in use, and switches to the new ones in one step when none is missing. Searches go on meanwhile; `reembedding.progress` tells how far it is.";

}  // namespace

Routes collection_routes() {
    using enum http::Method;
    return {
        endpoint<collection_create>(post, "/v1/rag/collections", "collection_create", "Knowledge", "Create a collection", kWriteKnowledge),
        endpoint<collection_list>(get, "/v1/rag/collections", "collection_list", "Knowledge", "List collections", kReadKnowledge),
        endpoint<collection_view>(get, "/v1/rag/collections/{collection_id}", "collection_view", "Knowledge", "View a collection", kReadKnowledge),
        endpoint<collection_update>(patch, "/v1/rag/collections/{collection_id}", "collection_update", "Knowledge", "Change a collection", kWriteKnowledge),
        endpoint<collection_delete>(del, "/v1/rag/collections/{collection_id}", "collection_delete", "Knowledge", "Delete a collection and its documents", kWriteKnowledge),
        endpoint<collection_reembed>(post, "/v1/rag/collections/{collection_id}/reembed", "collection_reembed", "Knowledge", "Embed a collection anew", kWriteKnowledge)
            .describe(kReembedText),
        endpoint<collection_create>(post, "/v1/collections", "collection_create_short", "Knowledge", "Create a collection (short path)", kWriteKnowledge),
        endpoint<collection_list>(get, "/v1/collections", "collection_list_short", "Knowledge", "List collections (short path)", kReadKnowledge),
        endpoint<collection_view>(get, "/v1/collections/{collection_id}", "collection_view_short", "Knowledge", "View a collection (short path)", kReadKnowledge),
        endpoint<collection_update>(patch, "/v1/collections/{collection_id}", "collection_update_short", "Knowledge", "Change a collection (short path)", kWriteKnowledge),
        endpoint<collection_delete>(del, "/v1/collections/{collection_id}", "collection_delete_short", "Knowledge", "Delete a collection and its documents (short path)",
                                    kWriteKnowledge),
        endpoint<collection_reembed>(post, "/v1/collections/{collection_id}/reembed", "collection_reembed_short", "Knowledge", "Embed a collection anew (short path)",
                                     kWriteKnowledge)
            .describe(kReembedText),
    };
}

}  // namespace agentic::api::v1
