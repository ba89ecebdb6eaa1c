#pragma once
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace agentic::llm {

/// Server-sent events (the WHATWG grammar) from bytes cut anywhere. Sans-I/O; holds at most one event.
class SseParser {
public:
    /// `event` is "" when the stream names none. The views live for the call only.
    using Handler = std::function<void(std::string_view event, std::string_view data)>;

    explicit SseParser(Handler handler, std::size_t max_event_bytes = 8 << 20) : handler_(std::move(handler)), max_event_bytes_(max_event_bytes) {}

    /// False when an event is larger than the limit; the parser then ignores everything.
    bool feed(std::string_view bytes);
    /// The stream has ended: delivers an event whose closing blank line is missing but whose lines are whole.
    void finish();

private:
    bool append(std::string_view piece);
    void take_line(std::string_view line);
    void dispatch();

    Handler handler_;
    std::size_t max_event_bytes_;
    std::string line_;   // of a line that is not whole yet
    std::string event_;
    std::string data_;
    bool has_data_ = false;
    bool skip_newline_ = false;  // the second half of a CR LF
    bool at_start_ = true;       // where a byte order mark may stand
    bool overflow_ = false;
};

}  // namespace agentic::llm
