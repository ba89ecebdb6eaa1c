#include "api/request_context.hpp"

#include "api/endpoint.hpp"
#include "api/etag.hpp"

namespace agentic::api {

std::string_view RequestContext::path_text(std::string_view name) const {
    for (const auto& [key, value] : path_parameters)
        if (key == name) return value;
    return {};
}

Result<Uuid> RequestContext::path_id(std::string_view name, std::string_view what) const {
    const auto id = Uuid::parse(path_text(name));
    if (!id) return fail_not_found(what);
    return *id;
}

Result<void> RequestContext::require_match_json(std::string_view current) const {
    const auto wanted = request.headers.get("if-match");
    if (!wanted || match_lists(*wanted, etag_of(current))) return {};
    return fail(ErrorCode::precondition_failed, "The resource has changed since you read it; read it again");
}

Result<void> require_json(const http::Request& request) {
    const auto declared = request.headers.get("content-type");
    if (!declared && request.body.empty() && request.form.empty()) return {};
    auto type = declared.value_or("");
    type = type.substr(0, type.find(';'));
    while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
    if (http::equal_ignoring_case(type, "application/json")) return {};
    return fail(ErrorCode::unsupported_media_type, "The body must be JSON: send Content-Type: application/json");
}

http::Response json_response(int status, std::string body) {
    http::Response response{.status = status};
    response.headers.add("content-type", "application/json");
    response.body = std::move(body);
    return response;
}

}  // namespace agentic::api
