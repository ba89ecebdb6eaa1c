#include "http/sse.hpp"

#include <charconv>

namespace agentic::http {
namespace {

void append_single_line(std::string& out, std::string_view field, std::string_view text) {
    if (text.empty()) return;
    out.append(field);
    for (const char c : text)
        if (c != '\r' && c != '\n' && c != '\0') out += c;
    out += '\n';
}

}  // namespace

void append_sse_event(std::string& out, std::string_view id, std::string_view event, std::string_view data) {
    append_single_line(out, "id: ", id);
    append_single_line(out, "event: ", event);
    while (true) {
        const auto end = data.find_first_of("\r\n");
        out.append("data: ").append(data.substr(0, end)).append("\n");
        if (end == std::string_view::npos) break;
        data.remove_prefix(data.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
    }
    out += '\n';
}

void append_sse_event(std::string& out, std::uint64_t id, std::string_view event, std::string_view data) {
    char digits[20];
    append_sse_event(out, std::string_view(digits, std::to_chars(digits, digits + sizeof digits, id).ptr), event, data);
}

void append_sse_retry(std::string& out, std::chrono::milliseconds wait) { out.append("retry: ").append(std::to_string(wait.count())).append("\n\n"); }

}  // namespace agentic::http
