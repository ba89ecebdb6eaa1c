#include "http/status.hpp"

#include <string>

#include "core/encoding.hpp"

namespace agentic::http {

int status_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::bad_request: return 400;
        case ErrorCode::validation_error: return 422;
        case ErrorCode::not_authenticated: return 401;
        case ErrorCode::forbidden: return 403;
        case ErrorCode::not_found: return 404;
        case ErrorCode::method_not_allowed: return 405;
        case ErrorCode::conflict:
        case ErrorCode::cancelled: return 409;   // of a run: its state is not the one that was asked for
        case ErrorCode::precondition_failed: return 412;
        case ErrorCode::payload_too_large: return 413;
        case ErrorCode::unsupported_media_type: return 415;
        case ErrorCode::rate_limited:
        case ErrorCode::quota_exceeded:
        case ErrorCode::budget_exceeded: return 429;
        case ErrorCode::internal_error: return 500;
        case ErrorCode::upstream_error: return 502;
        case ErrorCode::unavailable: return 503;
        case ErrorCode::deadline_exceeded: return 504;
        case ErrorCode::storage_full: return 507;
    }
    return 500;
}

std::string_view reason_phrase(int status) {
    switch (status) {
        case 200: return "OK";
        case 201: return "Created";
        case 202: return "Accepted";
        case 204: return "No Content";
        case 206: return "Partial Content";
        case 301: return "Moved Permanently";
        case 302: return "Found";
        case 303: return "See Other";
        case 304: return "Not Modified";
        case 307: return "Temporary Redirect";
        case 308: return "Permanent Redirect";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 406: return "Not Acceptable";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 410: return "Gone";
        case 412: return "Precondition Failed";
        case 413: return "Content Too Large";
        case 414: return "URI Too Long";
        case 415: return "Unsupported Media Type";
        case 416: return "Range Not Satisfiable";
        case 417: return "Expectation Failed";
        case 422: return "Unprocessable Content";
        case 428: return "Precondition Required";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 502: return "Bad Gateway";
        case 503: return "Service Unavailable";
        case 504: return "Gateway Timeout";
        case 505: return "HTTP Version Not Supported";
        case 507: return "Insufficient Storage";
        default: return "Unknown";
    }
}

Response error_response(const Error& error, std::string_view request_id, int status) {
    Response response{.status = status != 0 ? status : status_of(error.code)};
    response.headers.add("content-type", "application/json");
    if (error.retry_after_s > 0) response.headers.add("retry-after", std::to_string(error.retry_after_s));
    std::string& out = response.body;
    out += "{\"detail\":";
    append_json_string(out, error.public_message);
    out += ",\"error\":{\"code\":";
    append_json_string(out, to_string(error.code));
    out += ",\"message\":";
    append_json_string(out, error.public_message);
    out += ",\"details\":[";
    for (bool first = true; const auto& violation : error.violations) {
        out += first ? "{\"field\":" : ",{\"field\":";
        append_json_string(out, violation.field);
        out += ",\"issue\":";
        append_json_string(out, violation.issue);
        out += '}';
        first = false;
    }
    out += "],\"request_id\":";
    append_json_string(out, request_id);
    out += "}}";
    return response;
}

}  // namespace agentic::http
