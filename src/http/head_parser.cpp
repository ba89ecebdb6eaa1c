#include "http/head_parser.hpp"

#include <algorithm>
#include <charconv>

#include "http/grammar.hpp"
#include "http/target.hpp"

namespace agentic::http {
namespace {

constexpr std::size_t kRequestLineSpare = 32;   // for the method and the version

}  // namespace

std::optional<Headers::Field> split_field_line(std::string_view line) {
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return std::nullopt;
    const auto value = trim_ows(line.substr(colon + 1));
    if (!is_field_value(value)) return std::nullopt;
    return Headers::Field{line.substr(0, colon), value};
}

bool HeadParser::refuse(int status, std::string_view message, ErrorCode code) {
    failure_ = {status, code, message};
    return false;
}

HeadParser::Status HeadParser::parse(std::string_view buffered, Request& request) {
    while (true) {
        const auto rest = buffered.substr(position_);
        const auto lf = rest.find('\n');
        if (lf == std::string_view::npos) return check_incomplete(rest);
        if (part_ != Part::fields && lf > limits_.target_bytes + kRequestLineSpare) return refuse(414, "The request target is too long"), Status::failed;
        if (position_ + lf + 1 > limits_.head_bytes) return refuse(431, "The request head is too large"), Status::failed;
        if (lf == 0 || rest[lf - 1] != '\r') return refuse(400, "Lines end with CR LF"), Status::failed;
        const auto line = rest.substr(0, lf - 1);
        position_ += lf + 1;
        if (line.empty() && part_ == Part::fields) return finish(request) ? Status::complete : Status::failed;
        if (!parse_line(line, request)) return Status::failed;
    }
}

// Refuses early what no further byte can mend: a limit passed, or bytes that start no request (a TLS hello, for one).
HeadParser::Status HeadParser::check_incomplete(std::string_view line) {
    if (part_ != Part::fields) {
        if (!line.empty() && !is_token_char(line.front()) && line != "\r") return refuse(400, "Malformed request line"), Status::failed;
        if (line.size() > limits_.target_bytes + kRequestLineSpare) return refuse(414, "The request target is too long"), Status::failed;
    }
    if (position_ + line.size() >= limits_.head_bytes) return refuse(431, "The request head is too large"), Status::failed;
    return Status::need_more;
}

bool HeadParser::parse_line(std::string_view line, Request& request) {
    switch (part_) {
        case Part::before:
            part_ = Part::request_line;
            if (line.empty()) return true;  // RFC 9112 2.2: one empty line before the request line is ignored
            [[fallthrough]];
        case Part::request_line: part_ = Part::fields; return parse_request_line(line, request);
        case Part::fields: return parse_field(line, request);
    }
    return false;
}

bool HeadParser::parse_request_line(std::string_view line, Request& request) {
    const auto first = line.find(' ');
    const auto last = line.rfind(' ');
    if (first == std::string_view::npos || first == last) return refuse(400, "Malformed request line");
    const auto method = line.substr(0, first);
    const auto target = line.substr(first + 1, last - first - 1);
    const auto version = line.substr(last + 1);
    if (!is_token(method)) return refuse(400, "Malformed method");
    if (version.size() != 8 || !version.starts_with("HTTP/") || version[6] != '.') return refuse(400, "Malformed HTTP version");
    if (version != "HTTP/1.1" && version != "HTTP/1.0") {
        const bool digits = version[5] >= '0' && version[5] <= '9' && version[7] >= '0' && version[7] <= '9';
        return digits ? refuse(505, "Only HTTP/1.1 and HTTP/1.0 are spoken here") : refuse(400, "Malformed HTTP version");
    }
    framing_.minor_version = version[7] - '0';
    const auto known = parse_method(method);
    if (!known) return refuse(405, "This method is not supported", ErrorCode::method_not_allowed);
    request.method = *known;
    return parse_target(target, request);
}

bool HeadParser::parse_target(std::string_view target, Request& request) {
    const auto visible = [](char c) { return c > 0x20 && c < 0x7f && c != '#'; };
    if (target.empty() || !std::ranges::all_of(target, visible)) return refuse(400, "Malformed request target");
    if (target.size() > limits_.target_bytes) return refuse(414, "The request target is too long");
    if (target == "*" && request.method == Method::options) {
        request.path = "*";
        return true;
    }
    target_is_absolute_ = !target.starts_with('/');
    if (target_is_absolute_ && !take_authority(target)) return refuse(400, "Malformed request target");
    const auto mark = std::min(target.find('?'), target.size());
    const auto path = mark == 0 ? std::string_view("/") : target.substr(0, mark);   // an absolute form may have none
    if (!decode_path(path, request.path)) return refuse(400, "The path is malformed or ambiguous");
    if (mark < target.size() && !decode_query(target.substr(mark + 1), request.query)) return refuse(400, "Malformed query string");
    return true;
}

// Cuts `http://authority` off an absolute-form target.
bool HeadParser::take_authority(std::string_view& target) {
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (!equal_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
        target.remove_prefix(scheme.size());
        target_authority_ = target.substr(0, target.find_first_of("/?"));
        target.remove_prefix(target_authority_.size());
        return is_valid_authority(target_authority_);
    }
    return false;
}

bool HeadParser::parse_field(std::string_view line, Request& request) {
    if (++field_count_ > limits_.fields) return refuse(431, "Too many header fields");
    const auto field = split_field_line(line);
    if (!field) return refuse(400, "Malformed header field");
    if (!note_field(field->first, field->second)) return false;
    request.headers.add(field->first, field->second);
    return true;
}

bool HeadParser::note_field(std::string_view name, std::string_view value) {
    switch (name.size()) {
        case 4:
            if (!equal_ignoring_case(name, "host")) return true;
            if (++host_count_ > 1) return refuse(400, "More than one Host field");
            return is_valid_authority(value) || refuse(400, "Malformed Host field");
        case 6:
            if (!equal_ignoring_case(name, "expect")) return true;
            if (!equal_ignoring_case(value, "100-continue")) return refuse(417, "Unknown expectation");
            framing_.expects_continue = framing_.minor_version == 1;
            return true;
        case 10:
            if (equal_ignoring_case(name, "connection")) parse_connection(value);
            return true;
        case 14: return !equal_ignoring_case(name, "content-length") || parse_content_length(value);
        case 17:
            if (!equal_ignoring_case(name, "transfer-encoding")) return true;
            if (std::exchange(has_transfer_encoding_, true)) return refuse(400, "More than one Transfer-Encoding field");
            return equal_ignoring_case(value, "chunked") || refuse(400, "The only transfer coding is chunked");
        default: return true;
    }
}

bool HeadParser::parse_content_length(std::string_view value) {
    if (content_length_) return refuse(400, "More than one Content-Length field");
    std::uint64_t length = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), length);
    const bool digits = !value.empty() && value.find_first_not_of("0123456789") == std::string_view::npos;
    if (!digits || value.size() > 18 || error != std::errc{} || end != value.data() + value.size()) return refuse(400, "Malformed Content-Length");
    content_length_ = length;
    return true;
}

void HeadParser::parse_connection(std::string_view value) {
    std::string_view option;
    while (next_list_element(value, option)) {
        says_close_ = says_close_ || equal_ignoring_case(option, "close");
        says_keep_alive_ = says_keep_alive_ || equal_ignoring_case(option, "keep-alive");
    }
}

bool HeadParser::finish(const Request& request) {
    if (host_count_ == 0 && framing_.minor_version == 1) return refuse(400, "The Host field is missing");
    const auto host = target_is_absolute_ ? request.headers.get("host") : std::nullopt;
    if (host && !equal_ignoring_case(*host, target_authority_)) return refuse(400, "The target and the Host field disagree");
    if (has_transfer_encoding_ && (content_length_ || framing_.minor_version == 0)) return refuse(400, "Ambiguous message length");
    framing_.chunked = has_transfer_encoding_;
    framing_.content_length = content_length_.value_or(0);
    framing_.keep_alive = !says_close_ && (framing_.minor_version == 1 || says_keep_alive_);
    framing_.expects_continue = framing_.expects_continue && framing_.has_body();
    return true;
}

}  // namespace agentic::http
