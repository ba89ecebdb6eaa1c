// The start page, the API explorer and the OpenAPI document.
#include "api/assets.hpp"
#include "api/endpoint.hpp"
#include "api/openapi.hpp"
#include "api/v1/routes.hpp"

namespace agentic::api::v1 {
namespace {

constexpr std::string_view kStartPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
// Swagger UI draws with data: images.
constexpr std::string_view kDocsPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

Task<http::Response> start_page(RequestContext& ctx) { co_return page_response("start.html", kStartPolicy, ctx.request); }

Task<http::Response> docs_page(RequestContext& ctx) { co_return page_response("docs.html", kDocsPolicy, ctx.request); }

// The names are those of the build; nothing here touches a file system.
Task<http::Response> asset_view(RequestContext& ctx) {
    const auto* asset = find_asset(ctx.path_text("name"));
    if (!asset || asset->name.ends_with(".html")) co_return fail_not_found("Asset");
    co_return asset_response(*asset, ctx.request);
}

Task<http::Response> openapi_view(RequestContext&) {
    auto response = json_response(200, openapi_document());
    response.headers.add("cache-control", "no-cache");
    co_return response;
}

constexpr auto kPublic = "the documentation and the start page say nothing about tenants";

template <auto handler>
Route get(std::string_view path, std::string_view operation_id, std::string_view summary, ResponseDoc answer) {
    return endpoint<handler>(http::Method::get, path, operation_id, "Documentation", summary, Policy::open(kPublic), {answer});
}

constexpr ResponseDoc kHtml{.status = 200, .description = "The page.", .content_type = "text/html"};
constexpr ResponseDoc kDocument{.status = 200, .description = "The document.", .json_schema = R"({"type":"object"})"};
constexpr ResponseDoc kFile{.status = 200, .description = "The file.", .content_type = "*/*"};

}  // namespace

Routes meta_routes() {
    return {
        get<start_page>("/", "start_page", "The start page", kHtml),
        get<docs_page>("/docs", "docs", "The API explorer", kHtml),
        get<docs_page>("/v1/docs", "docs_v1", "The API explorer", kHtml),
        get<openapi_view>("/openapi.json", "openapi", "This document", kDocument),
        get<openapi_view>("/v1/openapi.json", "openapi_v1", "This document", kDocument),
        get<asset_view>("/assets/{name}", "asset_view", "A file of the pages", kFile),
    };
}

}  // namespace agentic::api::v1
