#include "api/openapi_operation.hpp"

#include <algorithm>
#include <map>
#include <vector>

#include "api/idempotency.hpp"
#include "api/openapi_text.hpp"
#include "schema/json_object.hpp"

namespace agentic::api {
namespace {

using openapi_text::kFailures;
using schema::JsonObject;
using schema::Type;

constexpr std::string_view kRoles[] = {"viewer", "member", "admin", "owner"};

std::string reference(std::string_view kind, std::string_view name) {
    std::string out = "{\"$ref\":\"#/components/";
    return out.append(kind).append("/").append(name).append("\"}");
}

std::vector<std::string_view> parameters_of(std::string_view path) {
    std::vector<std::string_view> names;
    for (auto open = path.find('{'); open != path.npos; open = path.find('{', open + 1)) names.push_back(path.substr(open + 1, path.find('}', open) - open - 1));
    return names;
}

bool is_id(std::string_view parameter) { return parameter == "id" || parameter.ends_with("_id"); }
bool has_body(const Route& route) { return route.body || !route.also_accepts.empty(); }
bool writes(const Route& route) { return route.method == http::Method::patch || route.method == http::Method::del || route.method == http::Method::put; }

// ----- policy

std::string policy_text(const Policy& policy) {
    switch (policy.kind()) {
        case Policy::Kind::open: return "No authentication.";
        case Policy::Kind::platform_admin: return "For the administrator of the platform.";
        case Policy::Kind::person: break;
        case Policy::Kind::tenant: break;
    }
    std::string text = "Needs the role `" + std::string(kRoles[static_cast<std::size_t>(policy.minimum())]) + "` or above; ";
    if (policy.kind() == Policy::Kind::person) return text + "not for API keys.";
    return text + "API keys need the scope `" + std::string(policy.scope()) + "`.";
}

std::string_view kind_text(const Policy& policy) {
    switch (policy.kind()) {
        case Policy::Kind::open: return "open";
        case Policy::Kind::tenant: return "tenant";
        case Policy::Kind::person: return "person";
        case Policy::Kind::platform_admin: return "platform_admin";
    }
    return "";
}

std::string_view security(const Policy& policy) {
    switch (policy.kind()) {
        case Policy::Kind::open: return "[]";
        case Policy::Kind::tenant: return R"([{"bearer":[]},{"api_key":[]},{"password":[]}])";
        case Policy::Kind::person: return R"([{"bearer":[]},{"password":[]}])";
        case Policy::Kind::platform_admin: return R"([{"bearer":[]}])";
    }
    return "[]";
}

// One event of a stream, as its fields; `data` is a JSON document of the event's own.
constexpr std::string_view kEvent =
    R"({"type":"object","properties":{"id":{"type":"string","description":"Its number in the run."},"event":{"type":"string"},"data":{"type":"string","description":"JSON."}}})";

// ----- parameters

class Parameters {
public:
    explicit Parameters(std::string& out) : out_(out) { out_ += '['; }
    ~Parameters() { out_ += ']'; }
    Parameters(const Parameters&) = delete;
    Parameters& operator=(const Parameters&) = delete;

    void add(std::string_view name, std::string_view in, bool required, std::string_view description, std::string_view json_schema) {
        if (out_.back() != '[') out_ += ',';
        JsonObject parameter(out_);
        parameter.text("name", name);
        parameter.text("in", in);
        parameter.raw("required", required ? "true" : "false");
        if (!description.empty()) parameter.text("description", description);
        parameter.raw("schema", json_schema);
    }

private:
    std::string& out_;
};

std::string describe_path_parameter(std::string_view name) {
    std::string words(name);
    std::ranges::replace(words, '_', ' ');
    if (words.ends_with(" id")) return "Id of the " + words.substr(0, words.size() - 3) + '.';
    return words == "id" ? "Id." : "The " + words + '.';
}

void add_parameters(std::string& out, const Route& route, bool is_resource) {
    Parameters parameters(out);
    for (const auto name : parameters_of(route.path))
        parameters.add(name, "path", true, describe_path_parameter(name), is_id(name) ? R"({"type":"string","format":"uuid"})" : R"({"type":"string"})");
    if (route.query)
        for (const auto& query : route.query->query_parameters()) parameters.add(query.name, "query", query.required, query.description, query.json_schema);
    if (takes_idempotency_key(route))
        parameters.add("Idempotency-Key", "header", false, "Carry the request out once: one that comes again with the same key gets the first answer, with `Idempotency-Replayed: true`, for 24 hours.",
                       R"({"type":"string","minLength":1,"maxLength":255})");
    if (!is_resource) return;
    constexpr std::string_view kTag = R"({"type":"string"})";
    if (route.method == http::Method::get) parameters.add("If-None-Match", "header", false, "Answer 304 when the resource still has this ETag.", kTag);
    if (writes(route)) parameters.add("If-Match", "header", false, "Refuse with 412 when the resource no longer has this ETag.", kTag);
}

// ----- bodies

void add_media(JsonObject& content, std::string_view content_type, const Type* type, std::string_view json_schema) {
    JsonObject media(content.name(content_type));
    if (type) media.raw("schema", reference("schemas", type->name));
    else if (!json_schema.empty()) media.raw("schema", json_schema);
    else if (content_type == "text/event-stream") media.raw("schema", kEvent);
    else media.raw("schema", R"({"type":"string"})");
}

void add_request_body(JsonObject& operation, const Route& route) {
    JsonObject body(operation.name("requestBody"));
    body.raw("required", route.may_omit_body ? "false" : "true");
    JsonObject content(body.name("content"));
    if (route.body) add_media(content, "application/json", route.body, {});
    for (const auto& doc : route.also_accepts) add_media(content, doc.content_type, doc.type, doc.json_schema);
}

bool is_empty(const ResponseDoc& doc) { return !doc.type && doc.json_schema.empty() && doc.content_type == "application/json"; }

// The answers with one status differ in their content types.
void add_success(JsonObject& responses, int status, const std::vector<ResponseDoc>& docs, bool has_tag) {
    JsonObject response(responses.name(std::to_string(status)));
    response.text("description", docs.front().description);
    if (status == 200 && has_tag)
        response.raw("headers", R"({"ETag":{"description":"Changes with the resource.","schema":{"type":"string"}}})");
    if (std::ranges::all_of(docs, is_empty)) return;
    JsonObject content(response.name("content"));
    for (const auto& doc : docs)
        if (!is_empty(doc)) add_media(content, doc.content_type, doc.type, doc.json_schema);
}

void add_responses(JsonObject& operation, const Route& route, bool is_resource) {
    const bool has_tag = route.method == http::Method::get && is_resource;
    JsonObject responses(operation.name("responses"));
    std::map<int, std::vector<ResponseDoc>> by_status;
    for (const auto& doc : route.responses) by_status[doc.status].push_back(doc);
    for (const auto& [status, docs] : by_status) add_success(responses, status, docs, has_tag);
    if (has_tag) responses.raw("304", R"({"description":"It still has the ETag of If-None-Match."})");
    for (const int status : failures_of(route, is_resource)) {
        if (by_status.contains(status)) continue;
        const auto failure = std::ranges::find(kFailures, status, &openapi_text::Failure::status);
        responses.raw(std::to_string(status), reference("responses", failure->component));
    }
}

}  // namespace

std::vector<int> failures_of(const Route& route, bool is_resource) {
    std::vector<int> statuses;
    const bool is_open = route.policy.kind() == Policy::Kind::open;
    const bool reads_only = route.method == http::Method::get;
    statuses.push_back(400);  // what is not HTTP or not JSON
    if (has_body(route)) statuses.insert(statuses.end(), {413, 415});
    if (!is_open || has_body(route)) statuses.push_back(401);  // a credential in the header or in the body
    if (!is_open) statuses.push_back(403);
    if (route.path.contains('{') || (!is_open && has_body(route))) statuses.push_back(404);  // ids in the path or in the body
    if (!reads_only) statuses.push_back(409);
    if (writes(route) && is_resource) statuses.push_back(412);
    if (has_body(route) || route.query || takes_idempotency_key(route)) statuses.push_back(422);
    if (!is_open || !reads_only) statuses.insert(statuses.end(), {429, 503});
    if (route.asks_others) statuses.push_back(502);
    if (!reads_only) statuses.insert(statuses.end(), {504, 507});
    statuses.push_back(500);
    std::ranges::sort(statuses);
    return statuses;
}

void add_operation(std::string& path_item, const Route& route, bool is_resource) {
    JsonObject operation(path_item);
    operation.raw("tags", "[\"" + std::string(route.tag) + "\"]");
    operation.text("summary", route.summary);
    operation.text("description", route.description.empty() ? policy_text(route.policy) : std::string(route.description) + "\n\n" + policy_text(route.policy));
    operation.text("operationId", route.operation_id);
    add_parameters(operation.name("parameters"), route, is_resource);
    if (has_body(route)) add_request_body(operation, route);
    add_responses(operation, route, is_resource);
    operation.raw("security", security(route.policy));
    JsonObject policy(operation.name("x-policy"));
    policy.text("kind", kind_text(route.policy));
    if (route.policy.kind() != Policy::Kind::open) policy.text("minimum_role", kRoles[static_cast<std::size_t>(route.policy.minimum())]);
    if (!route.policy.scope().empty()) policy.text("scope", route.policy.scope());
}

std::string_view method_key(http::Method method) {
    switch (method) {
        case http::Method::get: return "get";
        case http::Method::head: return "head";
        case http::Method::post: return "post";
        case http::Method::put: return "put";
        case http::Method::patch: return "patch";
        case http::Method::del: return "delete";
        case http::Method::options: return "options";
    }
    return "get";
}

}  // namespace agentic::api
