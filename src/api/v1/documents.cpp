#include "api/endpoint.hpp"
#include "api/services.hpp"
#include "api/v1/conditional.hpp"
#include "api/v1/document_content.hpp"
#include "api/v1/document_upload.hpp"
#include "api/v1/knowledge_policy.hpp"
#include "api/v1/knowledge_rows.hpp"
#include "api/v1/routes.hpp"

namespace agentic::api::v1 {
namespace {

using db::CollectionAccess, db::CollectionRepository, db::DocumentRepository;
using schemas::Document;
using services::AddedDocument;

// An upload of the largest size on a slow line is read before the endpoint is called, so this is the endpoint's own time.
constexpr std::chrono::seconds kAddLimit{120};

http::Response added_response(RequestContext& ctx, AddedDocument added) {
    ctx.response_headers.set("Location", "/v1/rag/documents/" + added.document.id.to_string());
    return json_response(added.is_accepted ? 202 : 200, schema::to_json(to_response(std::move(added.document))));
}

Task<http::Response> add_files(RequestContext& ctx, Uuid collection_id) {
    AGENTIC_CO_TRY(auto upload, read_upload(ctx.request.form));
    std::vector<AddedDocument> added;
    for (auto& file : upload.files) {
        AGENTIC_CO_TRY(auto document, co_await ctx.services.knowledge->add_file(ctx.op, collection_id, std::move(file), upload.notes));
        added.push_back(std::move(document));
    }
    if (added.size() == 1) co_return added_response(ctx, std::move(added.front()));
    schemas::DocumentList list;
    bool is_accepted = false;
    for (auto& each : added) {
        is_accepted = is_accepted || each.is_accepted;
        list.data.push_back(to_response(std::move(each.document)));
    }
    list.pagination = schemas::Pagination::of(1, std::ssize(list.data), std::ssize(list.data));
    co_return json_response(is_accepted ? 202 : 200, schema::to_json(list));
}

/// A file (multipart), or JSON with a text or a URL. 202: it is stored and will be worked on. 200: the collection has the same bytes already.
Task<http::Response> document_create(RequestContext& ctx) {
    AGENTIC_CO_TRY(const auto collection_id, ctx.path_id("collection_id", "Collection"));
    if (ctx.request.headers.get("content-type").value_or("").starts_with("multipart/form-data")) co_return co_await add_files(ctx, collection_id);
    AGENTIC_CO_TRY(auto in, read_document(ctx.request));
    services::DocumentNotes notes{std::move(in.title), std::move(in.metadata)};
    auto& knowledge = *ctx.services.knowledge;
    if (in.text) {
        AGENTIC_CO_TRY(auto added, co_await knowledge.add_text(ctx.op, collection_id, *std::move(in.text), std::move(notes)));
        co_return added_response(ctx, std::move(added));
    }
    AGENTIC_CO_TRY(auto added, co_await knowledge.add_url(ctx.op, collection_id, *std::move(in.url), std::move(notes)));
    co_return added_response(ctx, std::move(added));
}

/// Fails with `not_found` when the collection is not there for the asker.
Task<schemas::DocumentList> document_list(RequestContext& ctx, Query<schemas::DocumentListQuery> query) {
    AGENTIC_CO_TRY(const auto id, ctx.path_id("collection_id", "Collection"));
    AGENTIC_CO_CHECK(co_await CollectionRepository(ctx.services.db).find(ctx.op.tenant, CollectionAccess::of(ctx.op.principal), id));
    AGENTIC_CO_TRY(auto page, co_await DocumentRepository(ctx.services.db)
                                  .list(ctx.op.tenant, {.collection_id = id, .status = query.status, .search = std::move(query.search), .page = {query.page, query.limit}}));
    schemas::DocumentList list{.data = {}, .pagination = schemas::Pagination::of(query.page, query.limit, page.total)};
    for (auto& row : page.rows) list.data.push_back(to_response(std::move(row)));
    co_return list;
}

Task<db::DocumentRow> document_of(RequestContext& ctx) {
    AGENTIC_CO_TRY(const auto id, ctx.path_id("document_id", "Document"));
    co_return co_await DocumentRepository(ctx.services.db).find(ctx.op.tenant, CollectionAccess::of(ctx.op.principal), id);
}

/// Fails with `not_found`, as every route on one document does.
Task<Document> document_view(RequestContext& ctx) {
    AGENTIC_CO_TRY(auto row, co_await document_of(ctx));
    co_return to_response(std::move(row));
}

Task<schemas::DocumentProgress> document_status(RequestContext& ctx) {
    AGENTIC_CO_TRY(const auto row, co_await document_of(ctx));
    co_return progress_of(row);
}

Task<schemas::ChunkList> document_chunk_list(RequestContext& ctx, Query<schemas::PageQuery> query) {
    AGENTIC_CO_TRY(const auto row, co_await document_of(ctx));
    const auto from = (query.page - 1) * query.limit;
    AGENTIC_CO_TRY(auto chunks, co_await db::ChunkRepository(ctx.services.db).range(ctx.op.tenant, {row.id, row.indexed_version}, from, query.limit));
    schemas::ChunkList list{.data = {}, .pagination = schemas::Pagination::of(query.page, query.limit, row.indexed_chunks)};
    for (auto& chunk : chunks) list.data.push_back(to_response(std::move(chunk)));
    co_return list;
}

Task<http::Response> document_content(RequestContext& ctx, Query<schemas::ContentQuery> query) {
    AGENTIC_CO_TRY(const auto row, co_await document_of(ctx));
    co_return co_await content_response(ctx, row, query.form);
}

/// A document that has ended stays as it is.
Task<Document> document_cancel(RequestContext& ctx) {
    AGENTIC_CO_TRY(const auto id, ctx.path_id("document_id", "Document"));
    AGENTIC_CO_TRY(auto row, co_await ctx.services.knowledge->cancel(ctx.op, id));
    co_return to_response(std::move(row));
}

/// Fails with `conflict` unless the document has failed or was cancelled.
Task<Accepted<Document>> document_retry(RequestContext& ctx) {
    AGENTIC_CO_TRY(const auto id, ctx.path_id("document_id", "Document"));
    AGENTIC_CO_TRY(auto row, co_await ctx.services.knowledge->retry(ctx.op, id));
    co_return Accepted<Document>{to_response(std::move(row))};
}

/// Fails with `precondition_failed` when If-Match does not hold.
Task<> document_delete(RequestContext& ctx) {
    AGENTIC_CO_TRY(auto row, co_await document_of(ctx));
    AGENTIC_CO_CHECK(ctx.require_match(to_response(row)));
    const auto expected = expected_version(ctx, row.updated_at);
    co_return co_await ctx.services.knowledge->remove_document(ctx.op, std::move(row), expected);
}

constexpr std::string_view kUploadForm =
    R"({"type":"object","required":["file"],"properties":{"file":{"type":"string","format":"binary","description":"More come as file2 to file20; the answer is a list then."},)"
    R"("title":{"type":"string","maxLength":500},"metadata":{"type":"string","description":"A JSON object."}}})";
constexpr std::string_view kCreateText =
    "A file as `multipart/form-data`, or a text or URL as JSON. The answer comes when it is stored; follow `status` from then on. A file of the same name (a text of the same title, the same "
    "URL) in the collection becomes the next version of that document, which takes the place of the one before in one step when it is ready. The same bytes again change nothing: 200.";

Route create_route(std::string_view path, std::string_view operation_id, std::string_view summary) {
    auto route = endpoint<document_create>(http::Method::post, path, operation_id, "Knowledge", summary, kWriteKnowledge,
                                           {{202, &schema::Codec<Document>::type(), "Stored; it will be worked on"}, {200, &schema::Codec<Document>::type(), "The same bytes were here before"}})
                     .within(kAddLimit)
                     .accepts({"application/json", &schema::Codec<schemas::DocumentCreate>::type()})
                     .accepts({"multipart/form-data", nullptr, kUploadForm})
                     .describe(kCreateText);
    return route;
}

}  // namespace

Routes document_routes() {
    using enum http::Method;
    return {
        create_route("/v1/rag/collections/{collection_id}/documents", "document_create", "Add a document"),
        endpoint<document_list>(get, "/v1/rag/collections/{collection_id}/documents", "document_list", "Knowledge", "List the documents of a collection", kReadKnowledge),
        create_route("/v1/collections/{collection_id}/documents", "document_create_short", "Add a document (short path)"),
        endpoint<document_list>(get, "/v1/collections/{collection_id}/documents", "document_list_short", "Knowledge", "List the documents of a collection (short path)",
                                kReadKnowledge),
        endpoint<document_view>(get, "/v1/rag/documents/{document_id}", "document_view", "Knowledge", "View a document", kReadKnowledge),
        endpoint<document_delete>(del, "/v1/rag/documents/{document_id}", "document_delete", "Knowledge", "Delete a document", kWriteKnowledge)
            .describe("Final for every route at once; its chunks, vectors and file are purged behind it."),
        endpoint<document_status>(get, "/v1/rag/documents/{document_id}/status", "document_status", "Knowledge", "How far a document is", kReadKnowledge),
        endpoint<document_chunk_list>(get, "/v1/rag/documents/{document_id}/chunks", "document_chunk_list", "Knowledge", "List the chunks of a document", kReadKnowledge),
        endpoint<document_content>(get, "/v1/rag/documents/{document_id}/content", "document_content", "Knowledge", "Read a document's text or file", kReadKnowledge,
                                   {{200, nullptr, "The text", "text/plain"}, {200, nullptr, "The file, with `form=original`", "application/octet-stream"}}),
        endpoint<document_retry>(post, "/v1/rag/documents/{document_id}/retry", "document_retry", "Knowledge", "Try a failed or cancelled document again", kWriteKnowledge),
        endpoint<document_cancel>(post, "/v1/rag/documents/{document_id}/cancel", "document_cancel", "Knowledge", "Stop working on a document", kWriteKnowledge),
    };
}

}  // namespace agentic::api::v1
