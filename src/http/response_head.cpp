#include "http/response_head.hpp"

#include <charconv>

#include "core/log.hpp"
#include "http/grammar.hpp"
#include "http/status.hpp"

namespace agentic::http {
namespace {

constexpr std::string_view kAlways = "Server: agentic\r\nX-Content-Type-Options: nosniff\r\n";
constexpr std::string_view kDefaultCsp = "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n";
constexpr std::string_view kDefaultReferrerPolicy = "Referrer-Policy: no-referrer\r\n";
constexpr std::string_view kHsts = "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n";

struct Seen {
    bool csp = false;
    bool referrer_policy = false;
    bool hsts = false;
};

void append_number(std::string& out, std::uint64_t value) {
    char digits[20];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

bool is_ours(std::string_view name) {
    for (const std::string_view ours : {"date", "server", "connection", "keep-alive", "content-length", "transfer-encoding", "x-request-id", "x-content-type-options"})
        if (equal_ignoring_case(name, ours)) return true;
    return false;
}

Seen append_fields_of_handler(std::string& out, const Response& response) {
    Seen seen;
    for (const auto [name, value] : response.headers.fields()) {
        if (is_ours(name)) continue;
        if (!is_token(name) || !is_field_value(value)) {
            log::error("invalid_response_field", "A response field was dropped because it could split the head", {{"status", response.status}});
            continue;
        }
        seen.csp = seen.csp || equal_ignoring_case(name, "content-security-policy");
        seen.referrer_policy = seen.referrer_policy || equal_ignoring_case(name, "referrer-policy");
        seen.hsts = seen.hsts || equal_ignoring_case(name, "strict-transport-security");
        append_field(out, name, value);
    }
    return seen;
}

void append_framing(std::string& out, const Response& response, BodyFraming framing) {
    if (framing == BodyFraming::chunked) out += "Transfer-Encoding: chunked\r\n";
    if (framing != BodyFraming::length) return;
    out += "Content-Length: ";
    append_number(out, response.stream ? *declared_length(response) : response.body.size());
    out += "\r\n";
}

void append_connection(std::string& out, BodyFraming framing, const ResponseContext& context) {
    if (!context.keep_alive || framing == BodyFraming::until_close) out += "Connection: close\r\n";
    else if (context.minor_version == 0) out += "Connection: keep-alive\r\n";
}

}  // namespace

std::optional<std::uint64_t> declared_length(const Response& response) {
    const auto text = response.headers.get("content-length");
    if (!text) return std::nullopt;
    std::uint64_t length = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), length);
    if (error != std::errc{} || end != text->data() + text->size()) return std::nullopt;
    return length;
}

BodyFraming framing_of(const Response& response, int minor_version) {
    if (response.status == 204 || response.status == 304) return BodyFraming::none;
    if (!response.stream || declared_length(response)) return BodyFraming::length;
    return minor_version == 0 ? BodyFraming::until_close : BodyFraming::chunked;
}

void append_response_head(std::string& out, const Response& response, BodyFraming framing, const ResponseContext& context) {
    out += "HTTP/1.1 ";
    append_number(out, static_cast<std::uint64_t>(response.status));
    out.append(" ").append(reason_phrase(response.status)).append("\r\n");
    append_field(out, "Date", context.date);
    out += kAlways;
    const auto seen = append_fields_of_handler(out, response);
    if (!seen.csp) out += kDefaultCsp;
    if (!seen.referrer_policy) out += kDefaultReferrerPolicy;
    if (context.hsts && !seen.hsts) out += kHsts;
    append_field(out, "X-Request-ID", context.request_id);
    append_framing(out, response, framing);
    append_connection(out, framing, context);
    out += "\r\n";
}

}  // namespace agentic::http
