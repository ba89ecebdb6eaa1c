#include "api/error_response.hpp"

#include <string>

#include "core/encoding.hpp"
#include "http/status.hpp"

namespace agentic::api {
namespace {

constexpr std::string_view kProblem = "application/problem+json";

// `errors` are the violations again, under the name that RFC 9457's readers look for.
void add_problem_members(const Error& error, const http::Request& request, http::Response& response) {
    auto& out = response.body;
    out.pop_back();
    out += R"(,"type":"about:blank","title":)";
    append_json_string(out, http::reason_phrase(response.status));
    out += ",\"status\":" + std::to_string(response.status) + ",\"instance\":";
    append_json_string(out, request.path);
    out += ",\"errors\":[";
    for (const auto& [field, issue] : error.violations) {
        if (out.back() == '}') out += ',';
        out += "{\"detail\":";
        append_json_string(out, issue);
        out += ",\"pointer\":";
        append_json_string(out, field);
        out += '}';
    }
    out += "]}";
    response.headers.set("content-type", kProblem);
}

}  // namespace

http::Response error_response(const Error& error, const http::Request& request) {
    auto response = http::error_response(error, request.request_id);
    if (error.code == ErrorCode::not_authenticated) response.headers.add("www-authenticate", "Bearer");
    if (request.headers.get("accept").value_or("").contains(kProblem)) add_problem_members(error, request, response);
    return response;
}

}  // namespace agentic::api
