#include "providers/llm/sse_parser.hpp"

namespace agentic::llm {

bool SseParser::feed(std::string_view bytes) {
    while (!bytes.empty() && !overflow_) {
        if (skip_newline_ && bytes.front() == '\n') bytes.remove_prefix(1);
        skip_newline_ = false;
        const auto end = bytes.find_first_of("\r\n");
        if (end == bytes.npos) return append(bytes);
        skip_newline_ = bytes[end] == '\r';
        if (line_.empty()) {  // nearly always: no copy
            if (end > max_event_bytes_) overflow_ = true;
            else take_line(bytes.substr(0, end));
        } else if (append(bytes.substr(0, end))) {
            const auto whole = std::move(line_);
            line_.clear();
            take_line(whole);
        }
        bytes.remove_prefix(end + 1);
    }
    return !overflow_;
}

void SseParser::finish() {
    if (line_.empty() && !overflow_) dispatch();
}

bool SseParser::append(std::string_view piece) {
    if (line_.size() + piece.size() > max_event_bytes_) overflow_ = true;
    else line_.append(piece);
    return !overflow_;
}

void SseParser::take_line(std::string_view line) {
    if (at_start_ && line.starts_with("\xef\xbb\xbf")) line.remove_prefix(3);
    at_start_ = false;
    if (line.empty()) return dispatch();
    if (line.front() == ':') return;  // a comment
    const auto colon = line.find(':');
    const auto name = line.substr(0, colon);
    auto value = colon == line.npos ? std::string_view() : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (name == "event") {
        event_ = value;
    } else if (name == "data") {
        if (data_.size() + value.size() > max_event_bytes_) {
            overflow_ = true;
            return;
        }
        if (has_data_) data_ += '\n';
        data_ += value;
        has_data_ = true;
    }
}

void SseParser::dispatch() {
    if (has_data_) handler_(event_, data_);
    event_.clear();
    data_.clear();
    has_data_ = false;
}

}  // namespace agentic::llm
